/** The document: its text in one of two formats, the file that it came from, saving it. */

import { editor, Uri } from "monaco-editor/editor";
import { choose } from "./dialog";
import { createModel } from "./editor";
import type { Client } from "./lsp/client";
import type { Format, Welcome } from "./model";
import { notice, withdraw } from "./notice";
import { count } from "./words";

interface Saved {
  fault?: string;
  revision?: string;
  changed?: { text: string | null; revision: string | null };
}

interface Loaded {
  fault?: string;
  text: string;
  revision: string;
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
  /** The file is not there any more. */
  private gone = false;
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
    if (this.gone) return false;
    return this.savedText === null || (this.format === this.welcome.format && this.text === this.savedText);
  }

  /** Takes a text in place of the document. */
  put(text: string, format: Format): void {
    const old = this.view.getModel();
    const address = this.welcome.addresses[format];
    this.format = format;
    const model = createModel(text, format, Uri.parse(address));
    model.onDidChangeContent(() => {
      this.changed();
      this.offerJson();
    });
    this.view.setModel(model);
    this.client.open(model, address);
    if (old !== model) old?.dispose();
    // What was said of the other format is over.
    withdraw("format");
    this.changed();
  }

  /** JSON in a TOML document has been pasted there: one click makes it what it is. */
  private offerJson(): void {
    const text = this.text;
    if (this.format !== "toml" || !text.trimStart().startsWith("{") || !isJson(text)) {
      withdraw("json");
      return;
    }
    const run = () => {
      this.before = null;
      this.put(this.text, "json");
    };
    notice("This is JSON in a TOML document.", "word", { about: "json", action: { words: "Switch to JSON", run } });
  }

  /** Looks at the file: a clean editor follows it, one with changes is told. */
  async follow(): Promise<void> {
    const { file, format } = this.welcome;
    if (file === null || this.saving) return;
    const clean = this.isSaved;
    const text = this.text;
    const found = await this.client.request<Loaded>("seqspec/load", {});
    // Meanwhile something may have been typed or saved: the next look sees it.
    if (this.saving || this.text !== text) return;
    if (found.fault !== undefined) {
      if (!this.gone && clean) notice(`${file} ${found.fault}`, "fault", { stays: true, about: "disk" });
      this.gone = true;
      this.changed();
      return;
    }
    if (this.gone || found.revision === this.revision) {
      if (this.gone && found.revision === this.revision) withdraw("disk");
      this.gone = false;
      this.changed();
      if (found.revision === this.revision) return;
    }
    if (clean && this.format === format) {
      this.replace(found.text);
      this.revision = found.revision;
      this.savedText = this.text;
      this.changed();
      notice(`${file} has changed on disk and was reloaded.`, "word", { about: "disk" });
    } else if (this.told !== found.revision) {
      this.told = found.revision;
      notice(`${file} has changed on disk. Saving asks which of the two to keep.`, "word", { about: "disk" });
    }
  }

  private told: string | null = null;

  private replace(text: string): void {
    const model = this.view.getModel();
    model?.pushEditOperations([], [{ range: model.getFullModelRange(), text }], () => null);
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
      notice(`${file} is ${format.toUpperCase()}: switch back to save it.`, "fault", { about: "format" });
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
      this.gone = false;
      withdraw("disk");
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
    // The first has the focus: Enter must not overwrite what somebody else has written.
    const answer = await choose(question, detail, gone ? [mine, "Cancel"] : ["Reload", mine, "Cancel"]);
    if (answer === (gone ? 0 : 1)) {
      await this.write(file, true);
    } else if (answer === 0 && changed.text !== null) {
      this.replace(changed.text);
      this.revision = changed.revision;
      this.savedText = this.text;
      this.changed();
    }
  }
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}
