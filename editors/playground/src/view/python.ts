/** The Python program that the document stands for. */

import type { editor } from "monaco-editor/editor";
import { h } from "../dom";
import { createReader } from "../editor";
import type { Model } from "../model";

export class Python {
  private readonly why = h("p", { class: "empty" });
  private readonly copy = h("button", { class: "copy-code", attributes: { type: "button" } }, "Copy");
  private readonly code = h("div", { class: "code-area" });
  readonly elements = [this.why, this.copy, this.code];
  private reader: editor.IStandaloneCodeEditor | undefined;
  private text = "";

  constructor() {
    this.copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(this.text);
      this.copy.textContent = "Copied";
      setTimeout(() => (this.copy.textContent = "Copy"), 1500);
    });
  }

  render(program: Model["program"]): void {
    const known = "text" in program;
    this.text = known ? program.text : "";
    this.why.textContent = known ? "" : program.why;
    this.why.hidden = known;
    this.copy.hidden = this.code.hidden = !known;
    this.show();
  }

  /** Called when the panel is seen: an editor wants to be measured. */
  show(): void {
    if (this.code.offsetParent === null) return;
    this.reader ??= createReader(this.code);
    if (this.reader.getValue() !== this.text) this.reader.setValue(this.text);
  }
}
