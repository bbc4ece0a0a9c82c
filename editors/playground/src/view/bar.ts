/** The bar above: which document, in which format, how it stands, and saving. */

import { h } from "../dom";
import type { Example, Finding, Format, Welcome } from "../model";
import { count } from "../words";

export interface BarActions {
  example(example: Example): void;
  convert(format: Format): void;
  tidy(): void;
  save(): void;
}

export class Bar {
  private readonly status = h("span", { class: "status", attributes: { role: "status" } });
  private readonly formats: HTMLButtonElement[];
  private readonly saving: HTMLButtonElement | null;
  private readonly menu: HTMLSelectElement | null;

  constructor(parent: HTMLElement, welcome: Welcome, actions: BarActions) {
    this.formats = (["toml", "json"] as const).map((format) =>
      h("button", { data: { format }, on: { click: () => actions.convert(format) }, attributes: { type: "button" } }, format.toUpperCase()),
    );
    this.saving =
      welcome.file === null
        ? null
        : h("button", { class: "save", title: "Ctrl+S", on: { click: () => actions.save() }, attributes: { type: "button" } }, "Save");
    this.menu = welcome.file === null ? menu(welcome.examples, actions) : null;
    parent.append(
      h("span", { class: "brand" }, "seqspec"),
      this.menu ?? h("span", { class: "file" }, welcome.file),
      h("span", { class: "switch", attributes: { role: "group", "aria-label": "Format" } }, ...this.formats),
      h("button", { class: "plain", title: "Shift+Alt+F", on: { click: () => actions.tidy() }, attributes: { type: "button" } }, "Format"),
      h("span", { class: "space" }),
      this.status,
      ...(this.saving ? [this.saving] : []),
    );
    this.saved(true);
  }

  inFormat(format: Format): void {
    for (const button of this.formats) button.setAttribute("aria-pressed", String(button.dataset.format === format));
  }

  saved(saved: boolean): void {
    if (this.saving === null) return;
    this.saving.disabled = saved;
    this.saving.textContent = saved ? "Saved" : "Save";
  }

  found(findings: Finding[]): void {
    const numbers = (["error", "warning", "info"] as const).map((severity) => [severity, findings.filter((each) => each.severity === severity).length] as const);
    const words = numbers.filter(([, number]) => number > 0).map(([severity, number]) => (severity === "info" ? `${number} info` : count(number, severity)));
    this.status.textContent = words.length > 0 ? words.join(", ") : "no findings";
    this.status.dataset.worst = numbers.find(([, number]) => number > 0)?.[0] ?? "none";
  }
}

function menu(examples: Example[], actions: BarActions): HTMLSelectElement {
  const options = examples.map((example) =>
    h("option", { title: example.purpose, attributes: { value: example.name } }, `${example.name}: ${example.purpose}`),
  );
  const select = h("select", { class: "examples", attributes: { "aria-label": "Start from" } }, ...options);
  select.addEventListener("change", () => {
    const chosen = examples.find((example) => example.name === select.value);
    if (chosen) actions.example(chosen);
  });
  return select;
}
