/** The bar above: which document, in which format, how it stands, and saving. */

import { button, h } from "../dom";
import { SEVERITIES, type Example, type Finding, type Format, type Welcome } from "../model";
import { EXPORTS, type ExportKind } from "../export";
import { count } from "../words";

export interface BarActions {
  example(example: Example): void;
  convert(format: Format): void;
  tidy(): void;
  save(): void;
  export(kind: ExportKind): void;
  /** Null where the page has a server. */
  share: (() => void) | null;
}

export class Bar {
  private readonly status = h("span", { class: "status", attributes: { role: "status" } });
  private readonly formats: HTMLButtonElement[];
  private readonly saving: HTMLButtonElement | null;
  private readonly menu: HTMLSelectElement | null;

  constructor(parent: HTMLElement, welcome: Welcome, actions: BarActions) {
    this.formats = (["toml", "json"] as const).map((format) =>
      button("", format.toUpperCase(), () => actions.convert(format), { data: { format } }),
    );
    this.saving = welcome.file === null ? null : button("save", "Save", () => actions.save(), { title: "Ctrl+S" });
    this.menu = welcome.file === null ? menu(welcome.examples, actions) : null;
    parent.append(
      h("h1", { class: "brand" }, "seqspec"),
      this.menu ?? h("span", { class: "file" }, welcome.file),
      h("span", { class: "switch", attributes: { role: "group", "aria-label": "Format" } }, ...this.formats),
      button("plain", "Format", () => actions.tidy(), { title: "Shift+Alt+F" }),
      exports(actions),
      ...(actions.share === null ? [] : [button("plain", "Share", actions.share, { title: "Copy a link with the spec" })]),
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
    const numbers = SEVERITIES.map((severity) => {
      return [severity, findings.filter((each) => each.severity === severity).length] as const;
    }).filter(([, number]) => number > 0);
    const words = numbers.map(([severity, number]) =>
      severity === "info" ? `${number} info` : count(number, severity),
    );
    this.status.textContent = words.length > 0 ? words.join(", ") : "no findings";
    this.status.dataset.worst = numbers[0]?.[0] ?? "none";
  }
}

/** A menu that does what is chosen and then shows its title again. */
function exports(actions: BarActions): HTMLSelectElement {
  const options = Object.entries(EXPORTS).map(([kind, [words]]) =>
    h("option", { attributes: { value: kind } }, words),
  );
  const title = h("option", { attributes: { value: "", disabled: "", selected: "", hidden: "" } }, "Export");
  const select = h("select", { class: "exports", attributes: { "aria-label": "Export" } }, title, ...options);
  select.addEventListener("change", () => {
    const kind = select.value as ExportKind;
    select.value = "";
    actions.export(kind);
  });
  return select;
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
