/** The language server: found, started, watched. */

import { spawn } from "node:child_process";
import * as vscode from "vscode";
import { CloseAction, ErrorAction, LanguageClient, RevealOutputChannelOn, State } from "vscode-languageclient/node";
import { selector } from "./documents";
import { findProgram, missing, type Missing, type Program } from "./program";
import { chosenInterpreter } from "./python";

export class Server {
  private client: LanguageClient | undefined;
  private queue: Promise<void> = Promise.resolve();
  /** How seqspec is run; none before it was found. */
  program: Program | undefined;

  constructor(
    private readonly output: vscode.LogOutputChannel,
    private readonly trace: vscode.LogOutputChannel,
    private readonly running: (runs: boolean) => void,
    private readonly failed: (why: Missing) => void,
  ) {}

  /** Starts the server anew, one time after the other where it is asked for at once. */
  restart(): Promise<void> {
    this.queue = this.queue.then(() => this.stopped()).then(() => this.started());
    return this.queue;
  }

  stop(): Promise<void> {
    this.queue = this.queue.then(() => this.stopped());
    return this.queue;
  }

  private async stopped(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.running(false);
    await client?.dispose().catch(() => undefined);
  }

  private async started(): Promise<void> {
    // A workspace that nobody trusts may hold the very program that would be run.
    if (!vscode.workspace.isTrusted) return;
    const settings = vscode.workspace.getConfiguration("seqspec");
    const folder = vscode.workspace.workspaceFolders?.find((each) => each.uri.scheme === "file")?.uri;
    const found = await findProgram({
      folder: folder?.fsPath,
      path: settings.get("server.path", ""),
      interpreter: settings.get("interpreter", ""),
      chosen: () => chosenInterpreter(folder),
    });
    this.program = "reason" in found ? undefined : found;
    if ("reason" in found) {
      this.output.warn(found.reason);
      this.failed(found);
      return;
    }
    this.output.info(`starting ${[found.command, ...found.args, "lsp"].join(" ")}`);
    const errors: string[] = [];
    const client = this.makeClient(found, folder?.fsPath, errors);
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.client = undefined;
      const said = errors.join("").trim();
      this.output.error(said || String(error));
      this.failed(why(found, said));
    }
  }

  private makeClient(program: Program, cwd: string | undefined, errors: string[]): LanguageClient {
    const client: LanguageClient = new LanguageClient(
      "seqspec",
      "seqspec",
      async () => {
        const child = spawn(program.command, [...program.args, "lsp"], { cwd, shell: false });
        child.stderr.on("data", (data: Buffer) => errors.length < 100 && errors.push(data.toString()));
        child.on("error", (error) => errors.push(error.message));
        return child;
      },
      {
        documentSelector: selector(),
        outputChannel: this.output,
        traceOutputChannel: this.trace,
        revealOutputChannelOn: RevealOutputChannelOn.Never,
        initializationFailedHandler: () => false,
        errorHandler: {
          error: () => ({ action: ErrorAction.Continue, handled: true }),
          closed: () =>
            client.state === State.Running
              ? restarts().closed()
              : { action: CloseAction.DoNotRestart, handled: true },
        },
      },
    );
    let handler: ReturnType<LanguageClient["createDefaultErrorHandler"]> | undefined;
    const restarts = () => (handler ??= client.createDefaultErrorHandler());
    client.onDidChangeState(({ newState }) => {
      if (client === this.client) this.running(newState === State.Running);
    });
    return client;
  }
}

/** Why a program that was found did not start, from what it wrote. */
function why({ command, python }: Program, said: string): Missing {
  if (/pygls|lsprotocol/.test(said)) return missing(python, "seqspec is installed without its language server");
  if (/No module named '?seqspec/.test(said)) return missing(python);
  const last = said.split(/\r?\n/).at(-1);
  return { reason: `${command} does not start${last ? `: ${last}` : ""}` };
}
