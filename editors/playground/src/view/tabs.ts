/** Tabs over panels, moved between with the arrow keys. */

import { h } from "../dom";

export class Tabs {
  readonly element = h("div", { class: "tabs" });
  private readonly list = h("div", {
    class: "tab-list",
    attributes: { role: "tablist", "aria-label": "Views of the model" },
  });
  private readonly tabs: HTMLButtonElement[] = [];
  private readonly panels: HTMLElement[] = [];

  constructor(private readonly opened: (name: string) => void) {
    this.element.append(this.list);
    this.list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      const now = this.tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
      const next = this.tabs[(now + step + this.tabs.length) % this.tabs.length];
      this.open(next.dataset.name ?? "");
      next.focus();
    });
  }

  add(name: string, ...content: HTMLElement[]): void {
    const id = name.toLowerCase();
    const tab = h(
      "button",
      {
        data: { name },
        attributes: { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}` },
        on: { click: () => this.open(name) },
      },
      name,
      h("span", { class: "badge" }),
    );
    const panel = h(
      "div",
      {
        class: `tab-panel ${id}`,
        attributes: { role: "tabpanel", id: `panel-${id}`, "aria-labelledby": `tab-${id}`, tabindex: "-1" },
      },
      ...content,
    );
    this.tabs.push(tab);
    this.panels.push(panel);
    this.list.append(tab);
    this.element.append(panel);
    if (this.tabs.length === 1) this.open(name);
    else this.select(tab, panel, false);
  }

  open(name: string): void {
    for (const [index, tab] of this.tabs.entries()) this.select(tab, this.panels[index], tab.dataset.name === name);
    this.opened(name);
  }

  badge(name: string, text: string, kind: string): void {
    const badge = this.tabs.find((tab) => tab.dataset.name === name)?.querySelector(".badge");
    if (badge) {
      badge.textContent = text;
      badge.className = `badge ${kind}`;
    }
  }

  private select(tab: HTMLElement, panel: HTMLElement, selected: boolean): void {
    tab.setAttribute("aria-selected", String(selected));
    tab.tabIndex = selected ? 0 : -1;
    panel.hidden = !selected;
  }
}
