/** The model from top to bottom: its input, its layers, its output, and what training does with that. */

import { h } from "../dom";
import { holds, isGroup, isOn, type Finding, type Group, type Head, type Layer, type Model, type Place } from "../model";
import { shape, shapes } from "../words";
import { layerBlock, restBlock, type Scale } from "./block";

interface Entry {
  element: HTMLElement;
  range: Place;
}

export class Stack {
  readonly element = h("div", { class: "stack", attributes: { role: "group", "aria-label": "Layers" } });
  private entries: Entry[] = [];
  private built = new Map<string, Entry[]>();
  private next = new Map<string, Entry[]>();
  private chosen: HTMLElement[] = [];
  private found: Finding[] = [];

  /** `choose` is called with the place of what was clicked; `enter` when the text is to have the cursor. */
  constructor(choose: (range: Place) => void, enter: () => void) {
    this.element.addEventListener("click", (event) => {
      const entry = this.entryOf(event.target);
      if (entry === undefined) return;
      this.mark([entry.element]);
      choose(entry.range);
    });
    this.element.addEventListener("dblclick", enter);
    this.element.addEventListener("keydown", (event) => this.move(event));
  }

  render(model: Model): void {
    this.entries = [];
    this.next = new Map();
    this.found = model.findings;
    const scale = largest(model.layers);
    const children: HTMLElement[] = [];
    if (model.input.shape !== null) {
      children.push(this.once("input", [model.input], () => this.input(model)));
    }
    for (const [index, entry] of model.layers.entries()) {
      const key = `${index}`;
      if (isGroup(entry)) children.push(this.once(key, [entry, scale, severities(entry, model)], () => this.group(entry, scale)));
      else
        children.push(
          this.once(key, [entry, scale, severities(entry, model)], () => this.layer(entry, scale)),
          flow(entry),
        );
    }
    if (model.more_layers > 0) children.push(h("p", { class: "empty" }, `… and ${model.more_layers} more`));
    children.push(...this.rest(model));
    if (model.rest.length === 0 && model.layers.length > 0) {
      const head = this.once("head", [model.head], () => this.head(model.head));
      if (head.childElementCount > 0) children.push(head);
    }
    this.built = this.next;
    if (children.length === 0) children.push(h("p", { class: "empty" }, "There is no model to draw yet."));
    this.element.replaceChildren(...children);
  }

  /** Marks what stands at a position of the text: the innermost layers, each copy of them. */
  show(line: number, character: number, scroll: boolean): void {
    const exactly = this.entries.filter((entry) => holds(entry.range, line, character));
    // Before a layer and behind its comma one is still on its line.
    const here = exactly.length > 0 ? exactly : this.entries.filter((entry) => isOn(entry.range, line));
    const least = Math.min(...here.map((entry) => length(entry.range)));
    const marked = here.filter((entry) => length(entry.range) === least).map((entry) => entry.element);
    this.mark(marked);
    if (scroll) marked[0]?.scrollIntoView({ block: "nearest" });
  }

  private mark(elements: HTMLElement[]): void {
    for (const element of this.chosen) this.setMarked(element, false);
    for (const element of elements) this.setMarked(element, true);
    this.chosen = elements;
  }

  private setMarked(element: HTMLElement, marked: boolean): void {
    element.classList.toggle("here", marked);
    element.querySelector(":scope > .block[aria-expanded]")?.setAttribute("aria-expanded", String(marked));
  }

  /** What is drawn for some data, as it was before where the data is the same. */
  private once(key: string, data: unknown[], build: () => HTMLElement): HTMLElement {
    const name = `${key} ${JSON.stringify(data)}`;
    let entries = this.built.get(name);
    if (entries === undefined) {
      const before = this.entries;
      this.entries = [];
      const element = build();
      entries = [...this.entries, { element, range: null }];
      this.entries = before;
    }
    this.next.set(name, entries);
    this.entries.push(...entries.slice(0, -1));
    return entries[entries.length - 1].element;
  }

  private layer(layer: Layer, scale: Scale): HTMLElement {
    const element = layerBlock(layer, scale, this.found);
    this.entries.push({ element, range: layer.range });
    const inner = element.querySelectorAll<HTMLElement>(".layer.inner");
    for (const [index, each] of nested(layer).entries())
      this.entries.push({ element: inner[index], range: each.range });
    return element;
  }

  private group(group: Group, scale: Scale): HTMLElement {
    const title = h("button", { class: "block group-title", attributes: { type: "button" } }, group.group);
    const times = group.times > 1 ? `×${group.times}` : "";
    title.append(h("span", { class: "times" }, times));
    let number = 0;
    const copies = group.copies.map((copy) => {
      const label = group.copies.length > 1 ? copyLabel(number, copy.times, group.times) : "";
      number += copy.times;
      return h(
        "div",
        { class: "copy", data: label ? { label } : {} },
        ...copy.layers.flatMap((layer) => [this.layer(layer, scale), flow(layer)]),
      );
    });
    const element = h("div", { class: group.block ? "group" : "group plain" }, title, ...copies);
    this.entries.push({ element, range: group.range });
    return element;
  }

  private rest(model: Model): HTMLElement[] {
    const last = model.layers.at(-1);
    const layer = last !== undefined && isGroup(last) ? last.copies.at(-1)?.layers.at(-1) : last;
    const input =
      layer !== undefined ? shapes(layer.outputs) : model.input.shape !== null ? shape(model.input) : null;
    const why = unexplained(model);
    const notes = why === undefined ? [] : [h("p", { class: "unknown", attributes: { role: "note" } }, why)];
    const blocks = model.rest.map((rest) => {
      const finding = rest.finding !== null ? model.findings[rest.finding] : undefined;
      const element = restBlock(rest, finding, input);
      this.entries.push({ element, range: rest.range });
      return element;
    });
    return [...notes, ...blocks];
  }

  private input(model: Model): HTMLElement {
    const block = h(
      "button",
      { class: "block", attributes: { type: "button" } },
      h("span", { class: "what" }, h("span", { class: "title" }, h("span", { class: "type" }, "Input"))),
    );
    const element = h(
      "div",
      { class: "layer input" },
      block,
      h("div", { class: "flow" }, words(shape(model.input), model.input.dtype)),
    );
    this.entries.push({ element, range: model.input.range });
    return element;
  }

  private head(head: Head): HTMLElement {
    const rows: [string, string | null, Place][] = [
      ["loss", head.loss, head.loss_range],
      ["target", head.target, head.target_range],
      ["optimizer", head.optimizer, head.optimizer_range],
      ["metrics", head.metrics.join(", ") || null, head.metrics_range],
    ];
    const shown = rows
      .filter(([, value]) => value !== null)
      .map(([key, value, range]) => {
        const block = h(
          "button",
          { class: "block", attributes: { type: "button" } },
          h("span", { class: "key" }, key),
          h("span", {}, value),
        );
        const element = h("div", { class: "layer row" }, block);
        this.entries.push({ element, range });
        return element;
      });
    return h("div", { class: "head" }, ...shown);
  }

  private entryOf(target: EventTarget | null): Entry | undefined {
    const block = target instanceof Element ? target.closest(".block") : null;
    return this.entries.find((entry) => entry.element === block?.parentElement);
  }

  private move(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    const blocks = [...this.element.querySelectorAll<HTMLElement>(".block")];
    const next = blocks[blocks.indexOf(document.activeElement as HTMLElement) + step];
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
    next.click();
  }
}

/** How bad what was found at each layer is: where that changes, the block is drawn anew. */
function severities(entry: Layer | Group, model: Model): string[] {
  const layers = isGroup(entry) ? entry.copies.flatMap((copy) => copy.layers) : [entry];
  const all = layers.flatMap((layer) => [layer, ...nested(layer)]);
  return all.flatMap((layer) => layer.findings.map((index) => model.findings[index]?.severity ?? ""));
}

/** Why layers are grey, where none of them says it. */
function unexplained(model: Model): string | undefined {
  if (model.rest.length === 0 || model.rest.some((rest) => rest.finding !== null)) return undefined;
  const first = model.findings.find((finding) => finding.severity === "error");
  if (first === undefined) return "The shapes of these layers are not known.";
  const line = first.range === null ? "" : ` (line ${first.range.start.line + 1})`;
  return `Shapes are not known until this is fixed: ${first.message}${line}`;
}

/** The arrow behind a layer with what flows there, muted where it is what has arrived. */
function flow(layer: Layer): HTMLElement {
  const leaves = shapes(layer.outputs);
  const dtype = layer.outputs[0]?.dtype ?? null;
  const same = layer.outputs.length === 1 && leaves === shape(layer.input) && dtype === layer.input.dtype;
  return h("div", { class: same ? "flow same" : "flow" }, words(leaves, dtype === layer.input.dtype ? null : dtype));
}

function words(shown: string, dtype: string | null): HTMLElement {
  return h("span", { class: "shape" }, shown, dtype !== null && h("span", { class: "dtype" }, dtype));
}

function copyLabel(number: number, times: number, all: number): string {
  return times > 1 ? `${number + 1} to ${number + times} of ${all}` : `${number + 1} of ${all}`;
}

function nested(layer: Layer): Layer[] {
  return layer.layers.flatMap((inner) => [inner, ...nested(inner)]);
}

function largest(entries: (Layer | Group)[]): Scale {
  const layers = entries.flatMap((entry) => (isGroup(entry) ? entry.copies.flatMap((copy) => copy.layers) : [entry]));
  const macs = layers.map((layer) => layer.macs ?? 0);
  return {
    params: layers.reduce((most, layer) => Math.max(most, layer.params), 0),
    // Numbers beside formulas of unknown sizes do not compare: then there are no bars.
    macs: macs.every((size) => typeof size === "number") ? macs.reduce((most, size) => Math.max(most, size), 0) : 0,
  };
}

function length(range: Place): number {
  return range === null
    ? Infinity
    : (range.end.line - range.start.line) * 10_000 + range.end.character - range.start.character;
}
