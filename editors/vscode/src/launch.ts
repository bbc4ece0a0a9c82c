/** The process of the language server, and what it writes where it fails. */

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import type { Program } from "./program";

const LONGEST = 10_000;

export class Launch {
  private errors = "";
  private ended: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly program: Program,
    private readonly folder: string | undefined,
  ) {}

  /** Starts a process: the first, or another one after a crash. */
  start(): ChildProcessWithoutNullStreams {
    const process = spawn(this.program.command, [...this.program.args, "lsp"], { cwd: this.folder });
    this.errors = "";
    this.ended = new Promise((resolve) => process.on("close", resolve));
    process.stderr.on("data", (data: Buffer) => {
      if (this.errors.length < LONGEST) this.errors += data.toString();
    });
    process.on("error", (error) => (this.errors += error.message));
    return process;
  }

  /** What the process wrote before it ended, or within a second. */
  async said(): Promise<string> {
    await Promise.race([this.ended, new Promise((resolve) => setTimeout(resolve, 1000))]);
    return this.errors.trim();
  }
}
