/**
 * The canonical form.
 *
 * In TOML seqspec is the formatter. JSON has one in VS Code already, and of two the user would have to choose one for
 * all JSON: there the canonical form is a command.
 */

import * as vscode from "vscode";
import type { Client } from "./client";
import { isDocument } from "./documents";

/** Formats TOML with the client that runs, if one does. */
export function registerFormatter(running: () => Client | undefined): vscode.Disposable {
  return vscode.languages.registerDocumentFormattingEditProvider("seqspec-toml", {
    provideDocumentFormattingEdits: (document, _, token) => running()?.formatting(document, token),
  });
}

/** Gives the document at hand its canonical form. */
export async function formatActive(client: Client | undefined): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (!document || !isDocument(document) || !client) {
    const why = client ? "this is no document of seqspec" : "the language server does not run";
    return void vscode.window.showWarningMessage(`seqspec: ${why}.`);
  }
  const edit = new vscode.WorkspaceEdit();
  edit.set(document.uri, await client.formatting(document));
  await vscode.workspace.applyEdit(edit);
}
