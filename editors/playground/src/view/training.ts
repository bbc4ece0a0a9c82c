/** Training by `seqspec serve`: a button, curves while it runs, and the run before beside them. */

import { button, h } from "../dom";

/** What the server tells of a run: the events of `seqspec train --format json`, and its end. */
export interface TrainingEvent {
  event: string;
  [field: string]: unknown;
}

export interface Started {
  fault?: string;
  before?: { name: string; history: Record<string, (number | null)[]> } | null;
}

export interface TrainingActions {
  /** Saves and starts; the answer of the server, or null where the file was not saved. */
  start(): Promise<Started | null>;
  stop(): void;
}

type Values = (number | null)[];

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 460;
const HEIGHT = 150;
const LEFT = 48;
const BOTTOM = 22;

export class Training {
  private readonly go: HTMLButtonElement;
  private readonly state = h("p", { class: "note", attributes: { role: "status" } });
  private readonly curves = h("div", { class: "curves" });
  private readonly results = h("div");
  readonly elements: HTMLElement[];
  private before: Started["before"] = null;
  private history: Record<string, Values> = {};
  private epochs = 0;
  private running = false;
  private folder = "";

  constructor(private readonly actions: TrainingActions) {
    this.go = button("plain train", "Train", () => void this.press());
    const words =
      "Runs seqspec train on the saved file, in this folder. Base models start with random weights: nothing is downloaded.";
    this.elements = [this.go, h("p", { class: "note" }, words), this.state, this.curves, this.results];
  }

  private async press(): Promise<void> {
    if (this.running) {
      this.state.textContent = "Stopping …";
      this.actions.stop();
      return;
    }
    this.is(true);
    this.history = {};
    this.epochs = 0;
    this.folder = "";
    this.results.replaceChildren();
    this.state.textContent = "Starting …";
    const started = await this.actions.start().catch((error: unknown) => ({ fault: String(error), before: null }));
    if (started === null || started.fault !== undefined) {
      this.state.textContent = started === null ? "Save the file first." : `Not trained: ${started.fault}.`;
      this.is(false);
      return;
    }
    this.before = started.before ?? null;
    this.draw();
  }

  private is(running: boolean): void {
    this.running = running;
    this.go.textContent = running ? "Stop" : "Train";
  }

  told(told: TrainingEvent): void {
    if (told.event === "plan") {
      this.epochs = Number(told.epochs ?? 0);
      this.folder = String(told.folder ?? "");
      this.state.textContent = "Training …";
    } else if (told.event === "epoch") {
      const logs = (told.logs ?? {}) as Record<string, number | null>;
      const done = Math.max(0, ...Object.values(this.history).map((values) => values.length));
      for (const [name, value] of Object.entries(logs)) {
        (this.history[name] ??= Array<number | null>(done).fill(null)).push(value);
      }
      this.state.textContent = `Epoch ${done + 1}${this.epochs > 0 ? ` of ${this.epochs}` : ""}`;
      this.draw();
    } else if (told.event === "end") {
      this.ended(Number(told.status), told.stopped === true, String(told.words ?? ""));
    }
  }

  private ended(status: number, stopped: boolean, words: string): void {
    this.is(false);
    if (status === 0) {
      this.state.textContent = `Done.${this.folder ? ` The run is in ${this.folder}.` : ""}`;
      this.results.replaceChildren(this.table());
    } else if (stopped) {
      this.state.textContent = this.folder ? `Stopped. seqspec resume ${this.folder} continues.` : "Stopped.";
    } else {
      this.state.textContent = "The run failed:";
      this.results.replaceChildren(h("pre", { class: "output", attributes: { tabindex: "0" } }, words));
    }
  }

  /** The last value of each curve, here and in the run before. */
  private table(): HTMLElement {
    const before = this.before?.history ?? {};
    const rows = Object.entries(this.history).map(([name, values]) =>
      h("tr", {}, h("th", { attributes: { scope: "row" } }, name), cell(last(values)), cell(last(before[name] ?? []))),
    );
    const heads = ["last epoch", "this run", this.before?.name ?? "no run before"];
    const head = heads.map((words) => h("th", { attributes: { scope: "col" } }, words));
    return h("table", { class: "results" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
  }

  private draw(): void {
    const names = Object.keys(this.history).filter((name) => !name.startsWith("val_"));
    this.curves.replaceChildren(...names.map((name) => this.chart(name)));
  }

  private chart(name: string): HTMLElement {
    const before = this.before?.history ?? {};
    const lines: [string, Values, string][] = [
      ["before", before[name] ?? [], "training, run before"],
      ["before dashed", before[`val_${name}`] ?? [], "validation, run before"],
      ["now", this.history[name] ?? [], "training"],
      ["now dashed", this.history[`val_${name}`] ?? [], "validation"],
    ];
    const shown = lines.filter(([, values]) => values.length > 0);
    const all = shown.flatMap(([, values]) => values.filter((value): value is number => value !== null));
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const steps = Math.max(this.epochs, ...shown.map(([, values]) => values.length), 2);
    const x = (index: number) => LEFT + (index / (steps - 1)) * (WIDTH - LEFT - 8);
    const y = (value: number) => 8 + (1 - (value - low) / (high - low || 1)) * (HEIGHT - BOTTOM - 8);
    const label = `${name} by epoch: ${shown.map(([, values, words]) => `${words} ${short(last(values))}`).join(", ")}`;
    const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label });
    for (const value of high > low ? [low, high] : [low]) {
      picture.append(
        svg("line", { class: "grid", x1: LEFT, x2: WIDTH - 8, y1: y(value), y2: y(value) }),
        text(LEFT - 6, y(value) + 4, "end", short(value)),
      );
    }
    picture.append(text(LEFT, HEIGHT - 4, "start", "1"), text(WIDTH - 8, HEIGHT - 4, "end", `epoch ${steps}`));
    for (const [kind, values] of shown) {
      const points = values.flatMap((value, index) => (value === null ? [] : [`${x(index)},${y(value)}`]));
      picture.append(
        points.length === 1
          ? svg("circle", { class: kind, cx: points[0].split(",")[0], cy: points[0].split(",")[1], r: 2.5 })
          : svg("polyline", { class: kind, points: points.join(" ") }),
      );
    }
    const legend = shown.map(([kind, , words]) => h("span", { class: `key ${kind}` }, words));
    return h("figure", { class: "curve" }, h("figcaption", {}, h("b", {}, name), ...legend), picture as unknown as HTMLElement);
  }
}

function svg(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

function text(x: number, y: number, anchor: string, words: string): SVGElement {
  const element = svg("text", { x, y, "text-anchor": anchor });
  element.textContent = words;
  return element;
}

function last(values: Values): number | null {
  return values.at(-1) ?? null;
}

function short(value: number | null): string {
  return value === null ? "–" : Number(value.toPrecision(4)).toString();
}

function cell(value: number | null): HTMLElement {
  return h("td", {}, short(value));
}
