/** Which documents are seqspec's. */

import * as vscode from "vscode";

const NAMED = ["*.seqspec.toml", "*.seqspec.json"];

type Filter = { scheme: string; language?: string; pattern?: string };

/** What the language server is asked about: the specs, and the Python programs that it looks for Keras models in. */
export function served(): Filter[] {
  return programs() ? [...selector(), { scheme: "file", language: "python" }] : selector();
}

/** Which documents are specs: by name, by language, by the setting. */
export function selector(): Filter[] {
  const further = vscode.workspace.getConfiguration("seqspec").get<string[]>("documents", []);
  return [
    { scheme: "file", language: "seqspec-toml" },
    ...[...NAMED, ...further].map((pattern) => ({ scheme: "file", pattern: `**/${pattern}` })),
  ];
}

/** Whether a document that is served is open, or a spec lies in the workspace. */
export async function anyDocument(): Promise<boolean> {
  if (vscode.workspace.textDocuments.some((document) => isDocument(document) || isProgram(document))) return true;
  return (await vscode.workspace.findFiles(`**/{${NAMED.join(",")}}`, undefined, 1)).length > 0;
}

export function isDocument(document: vscode.TextDocument): boolean {
  return vscode.languages.match(selector(), document) > 0;
}

/** Whether a document is a Python program that may hold a Keras model. */
export function isProgram(document: vscode.TextDocument): boolean {
  if (document.languageId !== "python" || !programs()) return false;
  const text = document.getText();
  return text.includes("keras") && text.includes("Sequential");
}

function programs(): boolean {
  return vscode.workspace.getConfiguration("seqspec").get("programs", true);
}
