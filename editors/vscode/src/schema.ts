/**
 * The schema for JSON, while nothing better says what is wrong.
 *
 * VS Code checks a document by the schema, completes and explains it; so does the language server, and better. As long
 * as that runs the schema takes everything, so that nothing is told twice.
 */

import { readFileSync } from "node:fs";
import * as vscode from "vscode";

const SCHEME = "seqspec";
const ADDRESS = vscode.Uri.parse(`${SCHEME}://schema/seqspec-1.schema.json`);

export class Schema implements vscode.TextDocumentContentProvider {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly file: string;
  private rests = false;

  constructor(context: vscode.ExtensionContext) {
    this.file = context.asAbsolutePath("seqspec-1.schema.json");
    context.subscriptions.push(vscode.workspace.registerTextDocumentContentProvider(SCHEME, this), this.changed);
  }

  /** Lets the language server speak alone, or takes its place. */
  rest(rests: boolean): void {
    if (rests === this.rests) return;
    this.rests = rests;
    this.changed.fire(ADDRESS);
  }

  provideTextDocumentContent(): string {
    return this.rests ? "{}" : readFileSync(this.file, "utf8");
  }
}
