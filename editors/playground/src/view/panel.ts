/** What stands beside the editor: the model, the findings, the Python. */

import { h } from "../dom";
import { SEVERITIES, type Model, type Place } from "../model";
import { findings, type Actions } from "./findings";
import { Python } from "./python";
import { Stack } from "./stack";
import { Tabs } from "./tabs";
import { totals } from "./totals";
import { Training, type TrainingActions, type TrainingEvent } from "./training";

export interface PanelActions extends Actions {
  choose(range: Place): void;
  enter(): void;
  /** Null where no server trains. */
  training: TrainingActions | null;
}

const EMPTY = "This is not a spec yet: it must contain seqspec = 1.";

export class Panel {
  private readonly sums = h("div");
  private readonly list = h("div");
  private readonly stack: Stack;
  private readonly python = new Python();
  private readonly tabs = new Tabs(() => this.python.show());
  private readonly training: Training | null;
  private place: [number, number] = [0, 0];

  constructor(
    parent: HTMLElement,
    private readonly actions: PanelActions,
  ) {
    this.stack = new Stack(actions.choose, actions.enter);
    const head = h(
      "div",
      { class: "columns" },
      h("span", {}, "Layer"),
      h("span", {}, "Parameters"),
      h("span", {}, "MACs"),
    );
    this.tabs.add("Model", this.sums, head, this.stack.element);
    this.tabs.add("Findings", this.list);
    this.tabs.add("Python", ...this.python.elements);
    this.training = actions.training === null ? null : new Training(actions.training);
    if (this.training !== null) this.tabs.add("Training", ...this.training.elements);
    parent.append(this.tabs.element);
  }

  render(model: Model | null): void {
    if (model === null) {
      this.sums.replaceChildren();
      this.list.replaceChildren(h("p", { class: "empty" }, EMPTY));
      this.stack.element.replaceChildren(h("p", { class: "empty" }, EMPTY));
      this.python.render({ why: EMPTY });
      this.tabs.badge("Findings", "", "none");
      return;
    }
    this.sums.replaceChildren(totals(model));
    this.stack.render(model);
    this.stack.show(...this.place, false);
    this.list.replaceChildren(findings(model.findings, this.actions));
    if (model.unchecked.length > 0) {
      const words = `Not checked in the browser: ${model.unchecked.join(", ")}. seqspec check does.`;
      this.list.prepend(h("p", { class: "note" }, words));
    }
    if (model.more_findings > 0) this.list.append(h("p", { class: "empty" }, `… and ${model.more_findings} more`));
    const worst = SEVERITIES.find((severity) => model.findings.some((each) => each.severity === severity));
    this.tabs.badge("Findings", model.findings.length > 0 ? String(model.findings.length) : "", worst ?? "none");
    this.python.render(model.program);
  }

  /** The server tells of a run. */
  trained(told: TrainingEvent): void {
    this.training?.told(told);
  }

  /** The cursor of the editor has moved. */
  showPosition(line: number, character: number): void {
    this.place = [line, character];
    this.stack.show(line, character, true);
  }
}
