/** The language server: found, started, watched. */

import * as vscode from "vscode";
import { CloseAction, ErrorAction, RevealOutputChannelOn, State, type LanguageClient } from "vscode-languageclient/node";
import { Client } from "./client";
import { served } from "./documents";
import { Launch } from "./launch";
import { findProgram, missing, type Missing, type Program } from "./program";
import { chosenInterpreter } from "./python";

export class Server {
  private client: Client | undefined;
  private queue: Promise<void> = Promise.resolve();
  /** How seqspec is run; none before it was found. */
  program: Program | undefined;

  constructor(
    private readonly output: vscode.LogOutputChannel,
    private readonly trace: vscode.LogOutputChannel,
    private readonly running: (runs: boolean) => void,
    private readonly failed: (why: Missing) => void,
  ) {}

  /** The client of a server that runs. */
  get active(): Client | undefined {
    return this.client?.state === State.Running ? this.client : undefined;
  }

  /** Starts the server anew, one time after the other where it is asked for at once. */
  restart(): Promise<void> {
    this.queue = this.queue
      .then(() => this.stopped())
      .then(() => this.started())
      .catch((error: unknown) => this.output.error(String(error)));
    return this.queue;
  }

  stop(): Promise<void> {
    return (this.queue = this.queue.then(() => this.stopped()));
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
    const launch = new Launch(found, folder?.fsPath);
    const client = this.makeClient(launch);
    this.client = client;
    await client.start().catch(() => undefined);
    if (client.state !== State.Running) {
      this.client = undefined;
      const said = await launch.said();
      this.output.error(said);
      this.failed(why(found, said));
    }
  }

  private makeClient(launch: Launch): Client {
    const client: Client = new Client("seqspec", "seqspec", async () => launch.start(), {
      documentSelector: served(),
      outputChannel: this.output,
      traceOutputChannel: this.trace,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () =>
          client.state === State.Running ? restarts().closed() : { action: CloseAction.DoNotRestart, handled: true },
      },
    });
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
