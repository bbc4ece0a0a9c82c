/** Writes the licences of the packages whose code is in the page, as these ask for. */

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, sep } from "node:path";
import type { Plugin } from "vite";

const MARK = `${sep}node_modules${sep}`;

export function licenses(): Plugin {
  return {
    name: "licenses",
    generateBundle(_options, bundle) {
      const folders = new Set<string>();
      for (const file of Object.values(bundle)) {
        if (file.type !== "chunk") continue;
        for (const id of Object.keys(file.modules)) {
          const folder = packageOf(id);
          if (folder !== undefined) folders.add(folder);
        }
      }
      const texts = [...folders].sort().map(text);
      this.emitFile({ type: "asset", fileName: "LICENSES.txt", source: texts.join(`\n${"=".repeat(80)}\n\n`) });
    },
  };
}

function packageOf(id: string): string | undefined {
  id = id.replace("\0", "");
  const start = id.lastIndexOf(MARK);
  if (start < 0) return undefined;
  const path = id.slice(start + MARK.length).split(sep);
  return id.slice(0, start + MARK.length) + path.slice(0, path[0].startsWith("@") ? 2 : 1).join(sep);
}

function text(folder: string): string {
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf-8")) as { name: string; version: string };
  const names = readdirSync(folder).filter((name) => /^(licen[cs]e|third-?party-?notices)(\.\w+)?$/i.test(name));
  const files = names
    .sort()
    .map((name) => join(folder, name))
    .filter(existsSync);
  if (files.length === 0) throw new Error(`${folder} has no licence to ship with the page`);
  return `${about.name} ${about.version}\n\n${files.map((file) => readFileSync(file, "utf-8")).join("\n")}`;
}
