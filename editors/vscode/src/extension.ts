/** seqspec in VS Code: the language server, the schema while that does not run, the pages of the rules. */

import * as vscode from "vscode";
import { anyDocument, isDocument, isProgram } from "./documents";
import { Explanations } from "./explain";
import { formatActive, registerFormatter } from "./format";
import { tellMissing } from "./install";
import type { Missing } from "./program";
import { onDidChooseInterpreter } from "./python";
import { Schema } from "./schema";
import { Server } from "./server";

const STARTS_ANEW = ["seqspec.server.path", "seqspec.interpreter", "seqspec.documents", "seqspec.programs"];

let server: Server;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("seqspec", { log: true });
  const trace = vscode.window.createOutputChannel("seqspec trace", { log: true });
  const schema = new Schema(context);
  const explanations = new Explanations(context);
  const failed = async (why: Missing) => {
    if (await tellMissing(why)) await server.restart();
  };
  server = new Server(output, trace, (runs) => schema.rest(runs), (why) => void failed(why));

  // VS Code opens JSON of all kinds: the server starts with the first document of seqspec, and not before.
  let wanted = false;
  const start = async () => {
    if (wanted) return;
    wanted = true;
    await server.restart();
    onDidChooseInterpreter(context, again);
  };
  const again = async () => {
    if (wanted) await server.restart();
  };

  context.subscriptions.push(
    output,
    trace,
    vscode.commands.registerCommand("seqspec.restart", () => ((wanted = true), server.restart())),
    vscode.commands.registerCommand("seqspec.showOutput", () => output.show()),
    vscode.commands.registerCommand("seqspec.format", () => formatActive(server.active)),
    registerFormatter(() => server.active),
    vscode.commands.registerCommand("seqspec.explainRule", (code?: string) => explanations.explain(server.program, code)),
    vscode.workspace.onDidOpenTextDocument((document) => (isDocument(document) || isProgram(document)) && start()),
    vscode.workspace.onDidGrantWorkspaceTrust(again),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (STARTS_ANEW.some((setting) => change.affectsConfiguration(setting))) await again();
    }),
  );
  if (await anyDocument()) await start();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
