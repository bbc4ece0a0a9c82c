// Bundles the extension into a folder, build/ where none is named: everything that its package holds, and nothing else.

import { build } from "esbuild";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join("..", "..");
const out = process.argv[2] ?? "build";

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const { metafile } = await build({
  entryPoints: ["src/extension.ts"],
  outfile: join(out, "extension.js"),
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
  minify: true,
  legalComments: "none",
  metafile: true,
});

for (const file of ["README.md", "icon.png", "language-configuration.json", "syntaxes"]) {
  cpSync(file, join(out, file), { recursive: true });
}
cpSync(join(root, "LICENSE"), join(out, "LICENSE"));
cpSync(join(root, "CHANGELOG.md"), join(out, "CHANGELOG.md"));
cpSync(join(root, "schemas", "seqspec-1.schema.json"), join(out, "seqspec-1.schema.json"));

// The version is that of seqspec; what only serves development stays here.
const { devDependencies, ...manifest } = JSON.parse(readFileSync("package.json", "utf8"));
const source = readFileSync(join(root, "seqspec", "__init__.py"), "utf8");
manifest.version = /^__version__ = "(.+)"$/m.exec(source)[1];
manifest.files = ["**"];
writeFileSync(join(out, "package.json"), JSON.stringify(manifest, null, 2) + "\n");

// The licences of the libraries that the bundle contains.
const folder = (input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
const notices = [...new Set(Object.keys(metafile.inputs).map(folder))].filter(Boolean).sort().map((library) => {
  const { name, version, license } = JSON.parse(readFileSync(join(library, "package.json"), "utf8"));
  const file = readdirSync(library).find((each) => /^licen[cs]e/i.test(each));
  const text = file ? readFileSync(join(library, file), "utf8").trim() : license;
  return `${name} ${version} (${license})\n\n${text}\n`;
});
writeFileSync(join(out, "ThirdPartyNotices.txt"), notices.join(`\n${"-".repeat(80)}\n\n`));
