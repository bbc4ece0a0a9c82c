/** The document: its text in one of two formats, the file that it came from, saving it. */

import { editor, Uri } from "monaco-editor/editor";
import { choose } from "./dialog";
import { createModel } from "./editor";
import type { Client } from "./lsp/client";
import type { Format, Welcome } from "./model";
import { notice } from "./notice";
import { count } from "./words";

interface Saved {
  fault?: string;
  revision?: string;
  changed?: { text: string | null; revision: string | null };
}

interface Converted {
  fault?: string;
  text: string;
  lost: number;
}

export class Document {
  format: Format;
  private revision: string | null;
  private savedText: string | null;
  private saving = false;
  /** What was converted, to be given back as it was where nothing has changed since. */
  private before: { text: string; converted: string } | null = null;

  constructor(
    private readonly view: editor.IStandaloneCodeEditor,
    private readonly client: Client,
    private readonly welcome: Welcome,
    private readonly changed: () => void,
  ) {
    this.format = welcome.format;
    this.revision = welcome.revision;
    this.savedText = null;
  }

  /** Opens the file, or the first of the examples. */
  begin(): void {
    this.put(this.welcome.text ?? this.welcome.examples[0]?.text ?? "", this.welcome.format);
    if (this.welcome.file !== null) this.savedText = this.text;
    this.changed();
  }

  get text(): string {
    return this.view.getModel()?.getValue() ?? "";
  }

  /** Whether the file has what the editor has; always so without a file. */
  get isSaved(): boolean {
    return this.savedText === null || (this.format === this.welcome.format && this.text === this.savedText);
  }

  /** Takes a text in place of the document. */
  put(text: string, format: Format): void {
    const old = this.view.getModel();
    const address = this.welcome.addresses[format];
    this.format = format;
    const model = createModel(text, format, Uri.parse(address));
    model.onDidChangeContent(() => this.changed());
    this.view.setModel(model);
    this.client.open(model, address);
    if (old !== model) old?.dispose();
    this.changed();
  }

  start(text: string): void {
    this.before = null;
    this.put(text, "toml");
  }

  async convert(to: Format): Promise<void> {
    if (to === this.format) return;
    const text = this.text;
    if (this.before !== null && this.before.converted === text) {
      const original = this.before.text;
      this.before = null;
      this.put(original, to);
      return;
    }
    const made = await this.client.request<Converted>("seqspec/convert", { text, format: this.format, to });
    if (made.fault !== undefined) {
      notice(made.fault, "fault");
      return;
    }
    this.put(made.text, to);
    this.before = { text, converted: this.text };
    if (made.lost > 0) {
      notice(
        `JSON has no comments: ${count(made.lost, "comment")} left out. They come back with TOML while nothing is changed.`,
        "word",
      );
    }
  }

  async save(): Promise<void> {
    // A second one on the heels of the first would take what that writes for somebody else's.
    if (this.saving) return;
    this.saving = true;
    try {
      await this.trySaving();
    } finally {
      this.saving = false;
    }
  }

  private async trySaving(): Promise<void> {
    const { file, format } = this.welcome;
    if (file === null) {
      notice("There is no file to save to: seqspec serve FILE edits one.", "word");
    } else if (this.format !== format) {
      notice(`${file} is ${format.toUpperCase()}: switch back to save it.`, "fault");
    } else {
      await this.write(file, false);
    }
  }

  private async write(file: string, force: boolean): Promise<void> {
    const text = this.text;
    const saved = await this.client.request<Saved>("seqspec/save", { text, revision: this.revision, force });
    if (saved.fault !== undefined) {
      notice(`${file} ${saved.fault}`, "fault");
    } else if (saved.changed !== undefined) {
      await this.decide(file, saved.changed);
    } else {
      this.revision = saved.revision ?? null;
      this.savedText = text;
      this.changed();
    }
  }

  private async decide(file: string, changed: { text: string | null; revision: string | null }): Promise<void> {
    const gone = changed.text === null;
    const question = gone ? `${file} is gone` : `${file} has changed on disk`;
    const detail = gone
      ? "Somebody has removed or renamed it since it was opened here."
      : "Somebody else has written it since it was opened or saved here.";
    const mine = gone ? "Write it again" : "Keep mine, replace the file";
    const answer = await choose(question, detail, gone ? [mine, "Cancel"] : [mine, "Take the file's", "Cancel"]);
    if (answer === 0) {
      await this.write(file, true);
    } else if (answer === 1 && changed.text !== null) {
      const model = this.view.getModel();
      model?.pushEditOperations([], [{ range: model.getFullModelRange(), text: changed.text }], () => null);
      this.revision = changed.revision;
      this.savedText = this.text;
      this.changed();
    }
  }
}
