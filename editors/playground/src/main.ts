/** The page: an editor, and beside it what the language server knows of the model. */

import { type editor, Uri } from "monaco-editor/editor";
import { toRange } from "monaco-languageserver-types";
import "./style.css";
import "./stack.css";
import { byId } from "./dom";
import { Document } from "./document";
import { createEditor, createModel } from "./editor";
import { exportFile } from "./export";
import { openLinks } from "./links";
import { Client } from "./lsp/client";
import { registerFeatures } from "./lsp/features";
import type { MessageConnection } from "vscode-jsonrpc/browser";
import { address, outer, shared } from "./share";
import type { Explanation, Finding, Model, Place, Welcome } from "./model";
import { notice } from "./notice";
import { splitter } from "./splitter";
import { takeToken } from "./token";
import { Bar } from "./view/bar";
import { explain } from "./view/explain";
import { Panel } from "./view/panel";
import type { Started } from "./view/training";

const MARK = { isWholeLine: true, className: "here-line", linesDecorationsClassName: "here-margin" };

/** Whether the page runs without `seqspec serve`. */
const BROWSER = import.meta.env.MODE === "browser";

/** Milliseconds between two looks at the file. */
const LOOK_EVERY = 1500;

let looking: number | undefined;

/** Shows the document that will be opened while Python loads: the text of a link, else the first example. */
async function preview(view: editor.IStandaloneCodeEditor, text: string | undefined): Promise<void> {
  const waiting = byId("waiting");
  waiting.textContent =
    "The checker is starting: Python runs in this page, about 18 MB at the first visit. Nothing is sent anywhere.";
  const examples = new URL("python/examples.json", location.href);
  const shown = text ?? ((await (await fetch(examples)).json()) as { text: string }[])[0].text;
  if (!waiting.isConnected) return;
  view.updateOptions({ readOnly: true });
  const format = shown.trimStart().startsWith("{") ? "json" : "toml";
  view.setModel(createModel(shown, format, Uri.parse("inmemory://preview")));
}

async function start(): Promise<void> {
  const ended = () => {
    // A dialog would hide the words, and what it offers cannot be done any more.
    for (const dialog of document.querySelectorAll("dialog")) dialog.close();
    clearInterval(looking);
    notice("seqspec serve has ended. What is in the editor is only here.", "fault", { stays: true });
  };
  const given = BROWSER ? await shared(location.hash) : null;
  const connection = BROWSER ? await withoutServer() : await withServer(ended);
  splitter(byId("splitter"), byId("main"));
  const view = createEditor(byId("editor"));
  const client = new Client(connection);
  client.onChecked(() => void refresh());
  if (BROWSER) void preview(view, given?.text);
  await client.initialize();
  registerFeatures(client);
  const welcome = await client.request<Welcome>("seqspec/welcome", {});
  byId("waiting").remove();
  view.updateOptions({ readOnly: false });
  if (welcome.fault !== undefined) throw new Error(`The file ${welcome.fault}.`);

  const showRule = async (code: string) => {
    const told = await client.request<Explanation | null>("seqspec/explain", { code });
    if (told !== null) explain(told);
  };
  openLinks((code) => void showRule(code));
  const here = view.createDecorationsCollection();
  const mark = (range: Place) => here.set(range === null ? [] : [{ range: toRange(range), options: MARK }]);
  const jump = (range: Place) => {
    if (range === null) return;
    view.setSelection(toRange(range));
    view.revealRangeInCenterIfOutsideViewport(toRange(range));
    view.focus();
  };
  const training = {
    start: async () => {
      if (!text.isSaved) await text.save();
      return text.isSaved ? client.request<Started>("seqspec/train", {}) : null;
    },
    stop: () => void client.request("seqspec/stopTraining", {}),
  };
  const panel = new Panel(byId("panel"), {
    choose: (range) => {
      mark(range);
      if (range === null) return;
      view.setPosition({ lineNumber: range.start.line + 1, column: range.start.character + 1 }, "panel");
      view.revealRangeInCenterIfOutsideViewport(toRange(range));
    },
    enter: () => view.focus(),
    jump,
    explain: (code) => void showRule(code),
    fix: (finding) => fix(view, finding),
    training: BROWSER || welcome.file === null ? null : training,
  });
  client.onTraining((told) => panel.trained(told));
  const text = new Document(view, client, welcome, () => {
    bar.saved(text.isSaved);
    bar.inFormat(text.format);
    here.clear();
  });
  const bar = new Bar(byId("bar"), welcome, {
    example: (example) => text.start(example.text),
    convert: (format) => void text.convert(format),
    tidy: () => {
      view.focus();
      void view.getAction("editor.action.formatDocument")?.run();
    },
    save: () => void text.save(),
    share: BROWSER ? () => void share(text).catch((error: unknown) => notice(String(error), "fault")) : null,
    export: (kind) => {
      const stem = (welcome.file ?? "model").replace(/(\.seqspec)?\.[^.]*$/, "");
      void exportFile(client, kind, stem).catch((error: unknown) => notice(String(error), "fault"));
    },
  });
  if (given === null) text.begin();
  else text.put(given.text, given.format);
  const look = () => {
    if (document.visibilityState === "visible") void text.follow().catch(() => undefined);
  };
  looking = window.setInterval(look, LOOK_EVERY);
  addEventListener("focus", look);

  async function refresh(): Promise<void> {
    const model = client.model;
    if (model === undefined) return;
    const version = model.getVersionId();
    const told = await client.ask<Model>("seqspec/model", { textDocument: { uri: client.address } });
    if (model !== client.model || version !== model.getVersionId()) return;
    bar.found(told?.findings ?? []);
    panel.render(told);
  }

  view.onDidChangeCursorPosition((event) => {
    if (event.source === "panel") return;
    here.clear();
    panel.showPosition(event.position.lineNumber - 1, event.position.column - 1);
  });
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    void text.save();
  });
  addEventListener("beforeunload", (event) => {
    if (!text.isSaved) event.preventDefault();
  });
  view.focus();
}

/** Connects to `seqspec serve`. */
async function withServer(ended: () => void): Promise<MessageConnection> {
  const { connect } = await import("./lsp/socket");
  const token = takeToken();
  if (token === null) throw new Error("Open the address that seqspec serve has printed: it ends in a token.");
  return connect(token, ended).catch(() => {
    throw new Error("seqspec serve does not know this page any more: open the address that it has printed.");
  });
}

/** Starts the checker in this page. */
async function withoutServer(): Promise<MessageConnection> {
  const { connectWorker } = await import("./lsp/browser");
  return connectWorker((why) => notice(`The checker could not be started: ${why}`, "fault", { stays: true }));
}

async function share(text: Document): Promise<void> {
  const link = await address(text.text, text.format);
  outer().history.replaceState(null, "", link);
  await navigator.clipboard.writeText(link);
  notice("The link to this spec is on the clipboard. The spec is in the link itself; nothing was sent.", "word");
}

/** Makes the edits of a fix, as one step that can be undone. */
function fix(view: editor.IStandaloneCodeEditor, finding: Finding): void {
  if (finding.fix === null) return;
  const edits = finding.fix.edits.map((edit) => ({ range: toRange(edit.range), text: edit.newText }));
  view.pushUndoStop();
  view.executeEdits("fix", edits);
  view.pushUndoStop();
  view.focus();
}

start().catch((error: unknown) => {
  document.getElementById("waiting")?.remove();
  notice(error instanceof Error ? error.message : String(error), "fault", { stays: true });
});
