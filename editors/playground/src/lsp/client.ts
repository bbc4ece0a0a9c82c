/** The client of the language server: what it can do, the document it is told of, the findings it tells. */

import { editor, Emitter, type IDisposable } from "monaco-editor/editor";
import { toMarkerData } from "monaco-languageserver-types";
import { ConnectionError, ConnectionErrors, type MessageConnection, ResponseError } from "vscode-jsonrpc/browser";
import type {
  ClientCapabilities,
  InitializeResult,
  PublishDiagnosticsParams,
  ServerCapabilities,
} from "vscode-languageserver-protocol";
import { explainLink } from "../links";
import { notice } from "../notice";
import type { TrainingEvent } from "../view/training";

const OWNER = "seqspec";

/** The codes of a request that was cancelled, or whose document has changed. */
const OUTDATED = [-32800, -32801, -32802];

const CAPABILITIES: ClientCapabilities = {
  textDocument: {
    codeAction: {
      codeActionLiteralSupport: {
        codeActionKind: { valueSet: ["quickfix", "refactor", "refactor.extract", "refactor.inline"] },
      },
      isPreferredSupport: true,
      dataSupport: true,
      resolveSupport: { properties: ["edit"] },
    },
    completion: {
      completionItem: {
        snippetSupport: true,
        documentationFormat: ["markdown"],
        deprecatedSupport: true,
        tagSupport: { valueSet: [1] },
      },
      contextSupport: true,
    },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    hover: { contentFormat: ["markdown"] },
    inlayHint: {},
    publishDiagnostics: { relatedInformation: true, versionSupport: true, codeDescriptionSupport: true },
    rename: { prepareSupport: true },
    signatureHelp: { signatureInformation: { documentationFormat: ["markdown"] } },
  },
};

export class Client {
  /** The one document; it has other addresses in other formats. */
  model: editor.ITextModel | undefined;
  address = "";
  capabilities: ServerCapabilities = {};
  private readonly checks = new Emitter<void>();
  /** After every check, when what is known of the layers is new. */
  readonly onChecked = this.checks.event;
  private readonly trainings = new Emitter<TrainingEvent>();
  readonly onTraining = this.trainings.event;
  private listener: IDisposable | undefined;

  constructor(private readonly connection: MessageConnection) {
    connection.onNotification("textDocument/publishDiagnostics", (told: PublishDiagnosticsParams) => this.told(told));
    connection.onNotification("window/showMessage", (shown: { message: string }) => notice(shown.message, "word"));
    connection.onNotification("seqspec/training", (told: TrainingEvent) => this.trainings.fire(told));
    connection.listen();
  }

  async initialize(): Promise<void> {
    const params = { processId: null, rootUri: null, capabilities: CAPABILITIES };
    const answer = await this.connection.sendRequest<InitializeResult>("initialize", params);
    this.capabilities = answer.capabilities;
    await this.notify("initialized", {});
  }

  request<Answer>(method: string, params: object): Promise<Answer> {
    return this.connection.sendRequest<Answer>(method, params);
  }

  /** Asks what only matters for the text as it is: null where that has changed meanwhile. */
  async ask<Answer>(method: string, params: object): Promise<Answer | null> {
    try {
      return await this.request<Answer | null>(method, params);
    } catch (error) {
      if (error instanceof ResponseError && OUTDATED.includes(error.code)) return null;
      // The page says that the server has ended; what Monaco still asks has no answer.
      if (error instanceof ConnectionError && error.code === ConnectionErrors.Closed) return null;
      throw error;
    }
  }

  notify(method: string, params: object): Promise<void> {
    return this.connection.sendNotification(method, params).catch((error: unknown) => {
      if (!(error instanceof ConnectionError)) throw error;
    });
  }

  /** Tells the server of a document in place of the one before, and of every change. */
  open(model: editor.ITextModel, address: string): void {
    this.close();
    this.model = model;
    this.address = address;
    const languageId = model.getLanguageId();
    const textDocument = { uri: address, languageId, version: model.getVersionId(), text: model.getValue() };
    void this.notify("textDocument/didOpen", { textDocument });
    this.listener = model.onDidChangeContent(() => {
      const changed = { uri: address, version: model.getVersionId() };
      void this.notify("textDocument/didChange", {
        textDocument: changed,
        contentChanges: [{ text: model.getValue() }],
      });
    });
  }

  private close(): void {
    if (this.model === undefined) return;
    this.listener?.dispose();
    editor.setModelMarkers(this.model, OWNER, []);
    void this.notify("textDocument/didClose", { textDocument: { uri: this.address } });
    this.model = undefined;
  }

  private told(told: PublishDiagnosticsParams): void {
    const model = this.model;
    if (model === undefined || told.uri !== this.address) return;
    if (told.version !== undefined && told.version !== null && told.version !== model.getVersionId()) return;
    const markers = told.diagnostics.map((diagnostic) => {
      const marker = toMarkerData({ ...diagnostic, codeDescription: undefined }) as editor.IMarkerData;
      const here = diagnostic.relatedInformation?.filter((related) => related.location.uri === this.address) ?? [];
      marker.relatedInformation = here.map((related, index) => ({
        ...toMarkerData({ ...diagnostic, range: related.location.range, relatedInformation: undefined }),
        resource: model.uri,
        message: here[index].message,
      }));
      if (typeof diagnostic.code === "string" && diagnostic.codeDescription) {
        marker.code = { value: diagnostic.code, target: explainLink(diagnostic.code) };
      }
      return marker;
    });
    editor.setModelMarkers(model, OWNER, markers);
    this.checks.fire();
  }
}
