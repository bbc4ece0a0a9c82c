// The extension for VS Code, run as VS Code runs it: what it imports as "vscode" is a stand-in with no editor behind it.
// Takes a scene as JSON (bundle, folder, settings, trusted, documents, interpreter) and prints what came of it.

import Module, { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { readFileSync } from "node:fs";
import { URI } from "vscode-uri";

const scene = JSON.parse(process.argv[2]);
const seen = { messages: [], diagnostics: {}, commands: [], formats: [], log: [] };
const providers = {};

class Disposable {
  constructor(dispose = () => {}) {
    this.dispose = dispose;
  }
}

const never = () => new Disposable();

class EventEmitter {
  #listeners = new Set();
  event = (listener, self, disposables) => {
    const bound = (value) => listener.call(self, value);
    this.#listeners.add(bound);
    const disposable = new Disposable(() => this.#listeners.delete(bound));
    disposables?.push(disposable);
    return disposable;
  };
  fire = (value) => this.#listeners.forEach((listener) => listener(value));
  dispose = () => this.#listeners.clear();
}

class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
}

class Range {
  constructor(...places) {
    const [start, end] = places.length === 4 ? [new Position(...places.slice(0, 2)), new Position(...places.slice(2))] : places;
    Object.assign(this, { start, end });
  }
}

class Diagnostic {
  constructor(range, message, severity) {
    Object.assign(this, { range, message, severity });
  }
}

class MarkdownString {
  constructor(value = "") {
    this.value = value;
  }
  appendMarkdown(text) {
    this.value += text;
    return this;
  }
}

class CodeActionKind {
  static Empty = new CodeActionKind("");
  constructor(value) {
    this.value = value;
  }
  append = (part) => new CodeActionKind(this.value ? `${this.value}.${part}` : part);
}

class CancellationTokenSource {
  token = { isCancellationRequested: false, onCancellationRequested: never };
  cancel = never;
  dispose = never;
}

class Hover {
  constructor(contents, range) {
    Object.assign(this, { contents, range });
  }
}

const documents = scene.documents.map((path) => ({
  uri: URI.file(path),
  fileName: path,
  languageId: path.endsWith(".json") ? "json" : path.endsWith(".py") ? "python" : "seqspec-toml",
  version: 1,
  getText: () => readFileSync(path, "utf8"),
}));
const folder = { uri: URI.file(scene.folder), name: "scene", index: 0 };

const matches = (filter, document) => {
  const { language, scheme, pattern } = typeof filter === "string" ? { language: filter } : filter;
  const ending = pattern?.replace(/^\*\*\/\*/, "");
  return (
    (language === undefined || language === document.languageId) &&
    (scheme === undefined || scheme === document.uri.scheme) &&
    (ending === undefined || document.fileName.endsWith(ending))
  );
};

const output = new Proxy(
  { logLevel: 3, onDidChangeLogLevel: never, show: never, dispose: never },
  { get: (own, name) => own[name] ?? ((text) => void seen.log.push(`${String(name)}: ${text}`)) },
);

const say = (message, ...buttons) => {
  seen.messages.push({ message, buttons: buttons.filter((button) => typeof button === "string") });
  return Promise.resolve(undefined);
};

const register = (name) => (selector, provider) => {
  (providers[name] ??= []).push({ selector: [selector].flat(), provider });
  return new Disposable();
};

const python = {
  isActive: true,
  exports: {
    environments: {
      getActiveEnvironmentPath: () => ({ path: scene.interpreter }),
      resolveEnvironment: async ({ path }) => ({ executable: { uri: URI.file(path) } }),
      onDidChangeActiveEnvironmentPath: never,
    },
  },
  activate: async () => python.exports,
};

// Of VS Code's interface what the extension and its client library use.
const vscode = {
  version: "1.100.0",
  Disposable, EventEmitter, Position, Range, Diagnostic, MarkdownString, Hover, CodeActionKind, CancellationTokenSource,
  Uri: URI,
  DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
  LogLevel: { Trace: 1, Info: 3 },
  env: { appName: "tests", language: "en" },
  extensions: { getExtension: (name) => (scene.interpreter && name === "ms-python.python" ? python : undefined) },
  commands: {
    registerCommand(name) {
      seen.commands.push(name);
      return new Disposable();
    },
    executeCommand: async () => undefined,
  },
  window: {
    createOutputChannel: () => output,
    showErrorMessage: say,
    showWarningMessage: say,
    showInformationMessage: say,
    // The client library tells the server of documents that nobody sees only with the first request about them.
    visibleTextEditors: documents.map((document) => ({ document })),
    tabGroups: { all: [], onDidChangeTabs: never },
    onDidChangeActiveTextEditor: never,
    onDidChangeVisibleTextEditors: never,
  },
  workspace: {
    isTrusted: scene.trusted ?? true,
    workspaceFolders: [folder],
    textDocuments: documents,
    notebookDocuments: [],
    fs: { isWritableFileSystem: () => true },
    getConfiguration: (section) => ({ get: (key, otherwise) => scene.settings?.[`${section}.${key}`] ?? otherwise }),
    getWorkspaceFolder: () => folder,
    findFiles: async () => [],
    createFileSystemWatcher: () => ({ onDidCreate: never, onDidChange: never, onDidDelete: never, dispose: never }),
    registerTextDocumentContentProvider(scheme, provider) {
      providers[scheme] = provider;
      return new Disposable();
    },
    ...Object.fromEntries(
      ["OpenTextDocument", "CloseTextDocument", "ChangeTextDocument", "SaveTextDocument", "ChangeConfiguration"]
        .concat(["ChangeWorkspaceFolders", "GrantWorkspaceTrust", "CreateFiles", "RenameFiles", "DeleteFiles"])
        .map((name) => [`onDid${name}`, never]),
    ),
    onWillSaveTextDocument: never,
  },
  languages: new Proxy(
    {
      match: (selector, document) => ([selector].flat().some((filter) => matches(filter, document)) ? 10 : 0),
      createDiagnosticCollection: () => ({
        set: (uri, found) => (seen.diagnostics[uri.fsPath] = found),
        delete: never,
        clear: never,
        dispose: never,
      }),
    },
    { get: (own, name) => own[name] ?? (name.startsWith("register") ? register(name) : undefined) },
  ),
};
// Classes that the library extends, or that nothing here looks into.
for (const name of [
  "CallHierarchyItem", "CancellationError", "CodeAction", "CodeLens", "CompletionItem", "DiagnosticRelatedInformation",
  "DocumentLink", "InlayHint", "Location", "SymbolInformation", "TypeHierarchyItem",
]) {
  vscode[name] = class {};
}
const kinds = ["CompletionItemKind", "DiagnosticTag", "SymbolKind", "SymbolTag", "TextDocumentSaveReason"];
for (const name of kinds) vscode[name] = {};

// VS Code logs a rejection that nobody handles; the client library leaves some where a server ends at once.
process.on("unhandledRejection", () => {});

const load = Module._load;
Module._load = (name, ...more) => (name === "vscode" ? vscode : load(name, ...more));
const extension = createRequire(import.meta.url)(scene.bundle);
await extension.activate({ subscriptions: [], asAbsolutePath: (path) => join(dirname(scene.bundle), path) });

const end = Date.now() + 120000;
const told = () => documents.every(({ fileName }) => seen.diagnostics[fileName] !== undefined);
while (scene.waits && !told() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));

seen.schema = providers.seqspec.provideTextDocumentContent().length;
seen.formats = (providers.registerDocumentFormattingEditProvider ?? []).map(({ selector }) => selector);
if (scene.hover) {
  const [document] = documents;
  const place = new Position(...scene.hover);
  const { token } = new CancellationTokenSource();
  const ready = providers.registerHoverProvider.filter(({ selector }) => vscode.languages.match(selector, document));
  seen.hover = (await Promise.all(ready.map(({ provider }) => provider.provideHover(document, place, token)))).flatMap(
    (hover) => (hover ? [hover.contents].flat().map(({ value }) => value) : []),
  );
}
process.stdout.write(JSON.stringify(seen));
await extension.deactivate();
process.exit(0);
