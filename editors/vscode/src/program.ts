/** Where the program `seqspec` is. */

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";

/** A way to run seqspec; `python` is the interpreter of its environment, where it is known. */
export interface Program {
  command: string;
  args: string[];
  python?: string;
}

/**
 * Why there is none. `setting` names the setting that is wrong; `installs` says that installing it helps, where
 * `python`, if that is known, is the interpreter to install it for.
 */
export interface Missing {
  reason: string;
  setting?: string;
  installs?: boolean;
  python?: string;
}

/** What decides where seqspec is looked for. */
export interface Surroundings {
  folder?: string;
  path: string;
  interpreter: string;
  /** The interpreter that the Python extension has chosen. */
  chosen: () => Promise<string | undefined>;
}

const WINDOWS = process.platform === "win32";

/** The program that the settings name, or the first one found. */
export async function findProgram(surroundings: Surroundings): Promise<Program | Missing> {
  const { folder, path, interpreter } = surroundings;
  if (path) {
    const command = named(path, folder);
    return command ? { command, args: [] } : { reason: `there is no ${path}`, setting: "seqspec.server.path" };
  }
  if (interpreter) {
    const python = named(interpreter, folder);
    return python ? ofPython(python) : { reason: `there is no ${interpreter}`, setting: "seqspec.interpreter" };
  }
  let python: string | undefined;
  for (const name of folder ? [".venv", "venv"] : []) {
    const own = inFolder(join(folder!, name), "python");
    const command = own && beside(own);
    if (command) return { command, args: [], python: own };
    python ??= own;
  }
  const chosen = await surroundings.chosen();
  const command = chosen && beside(chosen);
  if (command) return { command, args: [], python: chosen };
  const found = onPath("seqspec");
  return found ? { command: found, args: [] } : missing(chosen ?? python);
}

/** That an environment lacks seqspec, or all that are known do. */
export function missing(python: string | undefined, reason = "seqspec is not installed"): Missing {
  return { reason, installs: true, python };
}

/** The program that a setting names: by a path, from the folder of the workspace, or as the PATH knows it. */
function named(setting: string, folder = "."): string | undefined {
  let path = setting.trim().replaceAll("${workspaceFolder}", folder);
  if (/^~[/\\]/.test(path)) path = join(homedir(), path.slice(2));
  if (!/[/\\]/.test(path)) return onPath(path);
  path = resolve(folder, path);
  return existsSync(path) ? path : undefined;
}

/** The script of an interpreter's environment; else its module, without the folder that it is started in. */
function ofPython(python: string): Program {
  const command = beside(python);
  return command ? { command, args: [], python } : { command: python, args: ["-P", "-m", "seqspec"], python };
}

function beside(python: string): string | undefined {
  const names = WINDOWS ? [join("Scripts", "seqspec.exe"), "seqspec.exe"] : ["seqspec"];
  return names.map((name) => join(dirname(python), name)).find(existsSync);
}

function inFolder(environment: string, program: string): string | undefined {
  const path = WINDOWS ? join(environment, "Scripts", `${program}.exe`) : join(environment, "bin", program);
  return existsSync(path) ? path : undefined;
}

function onPath(program: string): string | undefined {
  const name = WINDOWS && !program.endsWith(".exe") ? `${program}.exe` : program;
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  return folders.map((folder) => join(folder, name)).find(existsSync);
}
