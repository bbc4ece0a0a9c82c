/**
 * What the editor asks the language server, as far as the server says that it answers: the requests about a document for
 * which Monaco has a provider, colors left out, so that a new feature of the server needs nothing here.
 */

import { editor, Emitter, type IDisposable, languages, type Position, Range, type Uri } from "monaco-editor/editor";
import {
  fromCodeActionContext,
  fromPosition,
  fromRange,
  toCodeAction,
  toCompletionList,
  toDocumentHighlight,
  toDocumentSymbol,
  toFoldingRange,
  toHover,
  toInlayHint,
  toLink,
  toLinkedEditingRanges,
  toRange,
  toSelectionRanges,
  toSemanticTokens,
  toSignatureHelp,
  toTextEdit,
} from "monaco-languageserver-types";
import type * as lsp from "vscode-languageserver-protocol";
import type { Client } from "./client";

const LANGUAGES = ["toml", "json"];
const NOTHING = { dispose() {} };

export function registerFeatures(client: Client): IDisposable[] {
  const can = client.capabilities;
  return [
    can.completionProvider && completion(client, can.completionProvider.triggerCharacters),
    can.signatureHelpProvider && signatureHelp(client, can.signatureHelpProvider),
    can.hoverProvider && languages.registerHoverProvider(LANGUAGES, hover(client)),
    can.inlayHintProvider && languages.registerInlayHintsProvider(LANGUAGES, inlayHints(client)),
    can.codeLensProvider && languages.registerCodeLensProvider(LANGUAGES, codeLens(client)),
    can.codeActionProvider && languages.registerCodeActionProvider(LANGUAGES, codeActions(client)),
    can.documentFormattingProvider && languages.registerDocumentFormattingEditProvider(LANGUAGES, formatting(client)),
    can.documentRangeFormattingProvider &&
      languages.registerDocumentRangeFormattingEditProvider(LANGUAGES, rangeFormatting(client)),
    can.documentOnTypeFormattingProvider &&
      languages.registerOnTypeFormattingEditProvider(
        LANGUAGES,
        onTypeFormatting(client, can.documentOnTypeFormattingProvider),
      ),
    can.definitionProvider &&
      languages.registerDefinitionProvider(LANGUAGES, { provideDefinition: placesOf(client, "definition") }),
    can.declarationProvider &&
      languages.registerDeclarationProvider(LANGUAGES, { provideDeclaration: placesOf(client, "declaration") }),
    can.typeDefinitionProvider &&
      languages.registerTypeDefinitionProvider(LANGUAGES, { provideTypeDefinition: placesOf(client, "typeDefinition") }),
    can.implementationProvider &&
      languages.registerImplementationProvider(LANGUAGES, { provideImplementation: placesOf(client, "implementation") }),
    can.referencesProvider && languages.registerReferenceProvider(LANGUAGES, references(client)),
    can.renameProvider && languages.registerRenameProvider(LANGUAGES, rename(client)),
    can.documentSymbolProvider && languages.registerDocumentSymbolProvider(LANGUAGES, symbols(client)),
    can.foldingRangeProvider && languages.registerFoldingRangeProvider(LANGUAGES, folding(client)),
    can.documentHighlightProvider && languages.registerDocumentHighlightProvider(LANGUAGES, highlights(client)),
    can.documentLinkProvider && languages.registerLinkProvider(LANGUAGES, links(client)),
    can.selectionRangeProvider && languages.registerSelectionRangeProvider(LANGUAGES, selectionRanges(client)),
    can.linkedEditingRangeProvider && languages.registerLinkedEditingRangeProvider(LANGUAGES, linkedEditing(client)),
    can.semanticTokensProvider &&
      languages.registerDocumentSemanticTokensProvider(LANGUAGES, semanticTokens(client, can.semanticTokensProvider)),
  ].filter((registered): registered is IDisposable => typeof registered === "object");
}

/** Asks about the document at hand; null for another model, or where it has changed meanwhile. */
async function ask<Answer>(
  client: Client,
  model: editor.ITextModel,
  method: string,
  params: object = {},
): Promise<Answer | null> {
  if (model !== client.model) return null;
  const textDocument = { uri: client.address };
  return client.ask<Answer>(`textDocument/${method}`, { textDocument, ...params });
}

function at(position: Position): { position: lsp.Position } {
  return { position: fromPosition(position) };
}

function completion(client: Client, triggerCharacters: string[] | undefined): IDisposable {
  return languages.registerCompletionItemProvider(LANGUAGES, {
    triggerCharacters,
    async provideCompletionItems(model, position, context) {
      const triggered = context.triggerCharacter
        ? { triggerKind: 2, triggerCharacter: context.triggerCharacter }
        : { triggerKind: 1 };
      const found = await ask<lsp.CompletionList>(client, model, "completion", { ...at(position), context: triggered });
      if (found === null) return null;
      return toCompletionList(found, { range: Range.fromPositions(position) }) as languages.CompletionList;
    },
  });
}

function signatureHelp(client: Client, options: lsp.SignatureHelpOptions): IDisposable {
  return languages.registerSignatureHelpProvider(LANGUAGES, {
    signatureHelpTriggerCharacters: options.triggerCharacters,
    signatureHelpRetriggerCharacters: options.retriggerCharacters,
    async provideSignatureHelp(model, position) {
      const found = await ask<lsp.SignatureHelp>(client, model, "signatureHelp", at(position));
      return found && { value: toSignatureHelp(found) as languages.SignatureHelp, ...NOTHING };
    },
  });
}

function hover(client: Client): languages.HoverProvider {
  return {
    async provideHover(model, position) {
      const found = await ask<lsp.Hover>(client, model, "hover", at(position));
      return found && (toHover(found) as languages.Hover);
    },
  };
}

function inlayHints(client: Client): languages.InlayHintsProvider {
  return {
    onDidChangeInlayHints: client.onChecked,
    async provideInlayHints(model, range) {
      const found = await ask<lsp.InlayHint[]>(client, model, "inlayHint", { range: fromRange(range) });
      return { hints: (found ?? []).map((hint) => toInlayHint(hint) as languages.InlayHint), dispose() {} };
    },
  };
}

function codeLens(client: Client): languages.CodeLensProvider {
  const changes = new Emitter<languages.CodeLensProvider>();
  const provider: languages.CodeLensProvider = {
    // Without it Monaco asks once for each text, and an answer that was outdated would be the last one.
    onDidChange: changes.event,
    async provideCodeLenses(model) {
      const found = await ask<lsp.CodeLens[]>(client, model, "codeLens");
      // The totals are words above the model; there is nothing to run.
      const lenses = (found ?? []).map((lens) => ({
        range: toRange(lens.range),
        command: lens.command && { id: "", title: lens.command.title },
      }));
      return { lenses, ...NOTHING };
    },
  };
  client.onChecked(() => changes.fire(provider));
  // An editor that loses the focus cancels the request that it has scheduled, and would keep the totals of the old text.
  for (const view of editor.getEditors()) {
    view.onDidBlurEditorText(() => queueMicrotask(() => changes.fire(provider)));
  }
  return provider;
}

interface Action extends languages.CodeAction {
  /** As the server gave it, to be asked for its edit. */
  given?: lsp.CodeAction;
}

function codeActions(client: Client): languages.CodeActionProvider {
  const can = client.capabilities.codeActionProvider;
  const resolves = typeof can === "object" && can.resolveProvider === true;
  return {
    async provideCodeActions(model, range, context) {
      const asked = fromCodeActionContext({ ...context, markers: [] });
      const params = { range: fromRange(range), context: asked };
      const found = await ask<(lsp.CodeAction | lsp.Command)[]>(client, model, "codeAction", params);
      const actions = (found ?? []).filter(
        (action): action is lsp.CodeAction => "edit" in action || (resolves && "data" in action),
      );
      return {
        actions: actions.map((action): Action => ({
          ...(toCodeAction({ ...action, diagnostics: undefined, edit: undefined }) as languages.CodeAction),
          diagnostics: action.diagnostics ? context.markers : undefined,
          edit: action.edit && workspaceEdit(client, model, action.edit),
          given: action,
        })),
        ...NOTHING,
      };
    },
    async resolveCodeAction(action: Action) {
      if (action.edit !== undefined || action.given === undefined || client.model === undefined) return action;
      const resolved = await client.ask<lsp.CodeAction>("codeAction/resolve", action.given);
      if (resolved?.edit) action.edit = workspaceEdit(client, client.model, resolved.edit);
      return action;
    },
  };
}

function formatting(client: Client): languages.DocumentFormattingEditProvider {
  return {
    provideDocumentFormattingEdits: (model, options) => textEdits(client, model, "formatting", { options }),
  };
}

function rangeFormatting(client: Client): languages.DocumentRangeFormattingEditProvider {
  return {
    provideDocumentRangeFormattingEdits: (model, range, options) =>
      textEdits(client, model, "rangeFormatting", { range: fromRange(range), options }),
  };
}

function onTypeFormatting(
  client: Client,
  can: lsp.DocumentOnTypeFormattingOptions,
): languages.OnTypeFormattingEditProvider {
  return {
    autoFormatTriggerCharacters: [can.firstTriggerCharacter, ...(can.moreTriggerCharacter ?? [])],
    provideOnTypeFormattingEdits: (model, position, ch, options) =>
      textEdits(client, model, "onTypeFormatting", { ...at(position), ch, options }),
  };
}

async function textEdits(client: Client, model: editor.ITextModel, method: string, params: object) {
  const found = await ask<lsp.TextEdit[]>(client, model, method, params);
  return found && found.map((edit) => toTextEdit(edit) as languages.TextEdit);
}

/** The answer to a request for the places of what is at the cursor. */
function placesOf(client: Client, method: string) {
  return async (model: editor.ITextModel, position: Position) => {
    const found = await ask<lsp.Definition | lsp.LocationLink[]>(client, model, method, at(position));
    return places(client, model.uri, found);
  };
}

function references(client: Client): languages.ReferenceProvider {
  return {
    async provideReferences(model, position, context) {
      const found = await ask<lsp.Location[]>(client, model, "references", { ...at(position), context });
      return places(client, model.uri, found);
    },
  };
}

/** Places in this document; those in others, which the page does not have, are left out. */
function places(
  client: Client,
  resource: Uri,
  found: lsp.Definition | lsp.LocationLink[] | null,
): languages.Location[] {
  const all = found === null ? [] : Array.isArray(found) ? found : [found];
  return all.flatMap((place) => {
    const [uri, range] =
      "targetUri" in place ? [place.targetUri, place.targetSelectionRange] : [place.uri, place.range];
    return uri === client.address ? [{ uri: resource, range: toRange(range) }] : [];
  });
}

function rename(client: Client): languages.RenameProvider {
  const prepares =
    typeof client.capabilities.renameProvider === "object" && client.capabilities.renameProvider.prepareProvider;
  return {
    async provideRenameEdits(model, position, newName) {
      const found = await ask<lsp.WorkspaceEdit>(client, model, "rename", { ...at(position), newName });
      if (found === null) return { edits: [], rejectReason: "There is nothing to rename here." };
      return workspaceEdit(client, model, found);
    },
    resolveRenameLocation: prepares
      ? async (model, position) => {
          const found = await ask<lsp.PrepareRenameResult>(client, model, "prepareRename", at(position));
          const range = found === null ? null : "range" in found ? found.range : "start" in found ? found : null;
          if (range === null) {
            return { range: Range.fromPositions(position), text: "", rejectReason: "There is nothing to rename here." };
          }
          const place = toRange(range);
          const text = found !== null && "placeholder" in found ? found.placeholder : model.getValueInRange(place);
          return { range: place, text };
        }
      : undefined,
  };
}

function symbols(client: Client): languages.DocumentSymbolProvider {
  return {
    async provideDocumentSymbols(model) {
      const found = await ask<lsp.DocumentSymbol[]>(client, model, "documentSymbol");
      return found && found.map((symbol) => toDocumentSymbol(symbol) as languages.DocumentSymbol);
    },
  };
}

function folding(client: Client): languages.FoldingRangeProvider {
  return {
    async provideFoldingRanges(model) {
      const found = await ask<lsp.FoldingRange[]>(client, model, "foldingRange");
      return found && found.map((range) => toFoldingRange(range) as languages.FoldingRange);
    },
  };
}

function highlights(client: Client): languages.DocumentHighlightProvider {
  return {
    async provideDocumentHighlights(model, position) {
      const found = await ask<lsp.DocumentHighlight[]>(client, model, "documentHighlight", at(position));
      return found && found.map((each) => toDocumentHighlight(each) as languages.DocumentHighlight);
    },
  };
}

function links(client: Client): languages.LinkProvider {
  return {
    async provideLinks(model) {
      const found = await ask<lsp.DocumentLink[]>(client, model, "documentLink");
      // The page cannot open files.
      const web = (found ?? []).filter((link) => link.target?.startsWith("https://"));
      return { links: web.map((link) => toLink(link) as languages.ILink) };
    },
  };
}

function selectionRanges(client: Client): languages.SelectionRangeProvider {
  return {
    async provideSelectionRanges(model, positions) {
      const asked = { positions: positions.map((position) => fromPosition(position)) };
      const found = await ask<lsp.SelectionRange[]>(client, model, "selectionRange", asked);
      return found && found.map((each) => toSelectionRanges(each) as languages.SelectionRange[]);
    },
  };
}

function linkedEditing(client: Client): languages.LinkedEditingRangeProvider {
  return {
    async provideLinkedEditingRanges(model, position) {
      const found = await ask<lsp.LinkedEditingRanges>(client, model, "linkedEditingRange", at(position));
      return found && (toLinkedEditingRanges(found) as languages.LinkedEditingRanges);
    },
  };
}

function semanticTokens(client: Client, can: lsp.SemanticTokensOptions): languages.DocumentSemanticTokensProvider {
  return {
    getLegend: () => can.legend,
    async provideDocumentSemanticTokens(model) {
      const found = await ask<lsp.SemanticTokens>(client, model, "semanticTokens/full");
      return found && (toSemanticTokens(found) as languages.SemanticTokens);
    },
    releaseDocumentSemanticTokens() {},
  };
}

/** The edits of this document. */
function workspaceEdit(client: Client, model: editor.ITextModel, edit: lsp.WorkspaceEdit): languages.WorkspaceEdit {
  const edits: lsp.TextEdit[] = [...(edit.changes?.[client.address] ?? [])];
  for (const change of edit.documentChanges ?? []) {
    if ("edits" in change && change.textDocument.uri === client.address)
      edits.push(...(change.edits as lsp.TextEdit[]));
  }
  return {
    edits: edits.map((each) => ({
      resource: model.uri,
      versionId: model.getVersionId(),
      textEdit: toTextEdit(each) as languages.TextEdit,
    })),
  };
}
