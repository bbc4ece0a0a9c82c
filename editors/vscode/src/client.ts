/** The client of the language server. */

import type * as vscode from "vscode";
import { DocumentFormattingRequest, LanguageClient, State } from "vscode-languageclient/node";
import type { DynamicFeature, StaticFeature } from "vscode-languageclient/node";

/** A client that leaves it to others which documents are formatted, and to say why a server does not start. */
export class Client extends LanguageClient {
  override registerFeature(feature: StaticFeature | DynamicFeature<any>): void {
    const type = "registrationType" in feature ? feature.registrationType : undefined;
    if (type?.method !== DocumentFormattingRequest.method) super.registerFeature(feature);
  }

  override error(message: string, data?: unknown, showNotification?: boolean | "force"): void {
    super.error(message, data, this.state === State.Running ? showNotification : false);
  }

  /** The edits that give a document its canonical form. */
  async formatting(document: vscode.TextDocument, token?: vscode.CancellationToken): Promise<vscode.TextEdit[]> {
    const params = {
      textDocument: this.code2ProtocolConverter.asTextDocumentIdentifier(document),
      options: { tabSize: 2, insertSpaces: true },
    };
    const edits = await this.sendRequest(DocumentFormattingRequest.type, params, token);
    return (await this.protocol2CodeConverter.asTextEdits(edits, token)) ?? [];
  }
}
