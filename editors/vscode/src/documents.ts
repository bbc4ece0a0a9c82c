/** Which documents are seqspec's. */

import * as vscode from "vscode";

const NAMED = ["*.seqspec.toml", "*.seqspec.json"];

type Filter = { scheme: string; language?: string; pattern?: string };

/** What the language server is asked about: by name, by language, by the setting. */
export function selector(): Filter[] {
  const further = vscode.workspace.getConfiguration("seqspec").get<string[]>("documents", []);
  return [
    { scheme: "file", language: "seqspec-toml" },
    ...[...NAMED, ...further].map((pattern) => ({ scheme: "file", pattern: `**/${pattern}` })),
  ];
}

/** Whether a document is open, or lies in the workspace. */
export async function anyDocument(): Promise<boolean> {
  if (vscode.workspace.textDocuments.some(isDocument)) return true;
  return (await vscode.workspace.findFiles(`**/{${NAMED.join(",")}}`, undefined, 1)).length > 0;
}

export function isDocument(document: vscode.TextDocument): boolean {
  return vscode.languages.match(selector(), document) > 0;
}
