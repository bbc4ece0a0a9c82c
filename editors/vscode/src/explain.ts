/** The page of a rule, as `seqspec explain` writes it, in VS Code's own preview. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as vscode from "vscode";
import type { Program } from "./program";

const SCHEME = "seqspec-rule";
const run = promisify(execFile);

interface Rule {
  code: string;
  name: string;
  severity: string;
  summary: string;
}

export class Explanations implements vscode.TextDocumentContentProvider {
  private readonly pages = new Map<string, string>();

  constructor(context: vscode.ExtensionContext) {
    context.subscriptions.push(vscode.workspace.registerTextDocumentContentProvider(SCHEME, this));
  }

  provideTextDocumentContent(uri: vscode.Uri): string | undefined {
    return this.pages.get(uri.path);
  }

  /** Shows the page of a rule: the one asked for, or one that the user chooses. */
  async explain(program: Program | undefined, asked: string | undefined): Promise<void> {
    if (!program) return void vscode.window.showWarningMessage("seqspec: the program that explains rules was not found.");
    const code = asked ?? (await choose(program));
    if (!code) return;
    const page = await said(program, "explain", code, "--format", "markdown");
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${code}.md` });
    this.pages.set(uri.path, page);
    await vscode.commands.executeCommand("markdown.showPreview", uri);
  }
}

/** A choice among all rules; those of the findings at the cursor come first. */
async function choose(program: Program): Promise<string | undefined> {
  const here = codesAtCursor();
  const rules = JSON.parse(await said(program, "rules", "--format", "json")) as Rule[];
  const item = ({ code, name, summary }: Rule) => ({ label: code, description: name, detail: summary });
  const near = rules.filter((rule) => here.has(rule.code));
  const line = (label: string) => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const items: vscode.QuickPickItem[] = near.length
    ? [line("at the cursor"), ...near.map(item), line("all rules"), ...rules.filter((rule) => !here.has(rule.code)).map(item)]
    : rules.map(item);
  const options = { placeHolder: "The rule to explain", matchOnDescription: true, matchOnDetail: true };
  return (await vscode.window.showQuickPick(items, options))?.label;
}

function codesAtCursor(): Set<string> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return new Set();
  const found = vscode.languages.getDiagnostics(editor.document.uri).filter((each) => {
    return each.source === "seqspec" && each.range.intersection(editor.selection);
  });
  return new Set(found.map(({ code }) => String(typeof code === "object" ? code.value : code)));
}

async function said(program: Program, ...args: string[]): Promise<string> {
  const { stdout } = await run(program.command, [...program.args, ...args], { env: { ...process.env, NO_COLOR: "1" } });
  return stdout;
}
