/** The findings as a list: each leads to its place, its rule and its fix. */

import { h } from "../dom";
import type { Finding, Place } from "../model";

export interface Actions {
  jump(range: Place): void;
  explain(code: string): void;
  fix(finding: Finding): void;
}

export function findings(found: Finding[], actions: Actions): HTMLElement {
  if (found.length === 0) {
    return h("p", { class: "empty" }, "Nothing found: Keras builds this model, and no rule objects to it.");
  }
  return h("ul", { class: "finding-list" }, ...found.map((finding) => item(finding, actions)));
}

function item(finding: Finding, actions: Actions): HTMLElement {
  const jump = () => actions.jump(finding.range);
  const more = [finding.label, ...finding.notes].filter((words): words is string => words !== null);
  return h(
    "li",
    { class: `finding ${finding.severity}` },
    h(
      "div",
      { class: "line" },
      h("span", { class: "severity" }, finding.severity),
      h("button", { class: "code", title: "What this rule says", on: { click: () => actions.explain(finding.code) }, attributes: { type: "button" } }, `${finding.code} ${finding.name}`),
      place(finding),
    ),
    h("button", { class: "message", on: { click: jump }, attributes: { type: "button" } }, finding.message),
    ...more.map((words) => h("p", { class: "note" }, words)),
    ...finding.related
      .filter((related) => related.range !== null)
      .map((related) =>
        h("p", { class: "note" }, h("button", { class: "related", on: { click: () => actions.jump(related.range) }, attributes: { type: "button" } }, `line ${(related.range?.start.line ?? 0) + 1}`), ` ${related.message}`),
      ),
    finding.help !== null && h("p", { class: "note help" }, finding.help),
    finding.fix !== null &&
      h("button", { class: "fix", title: finding.fix.safe ? "Changes nothing else" : "May change what the model is: look at it", on: { click: () => actions.fix(finding) }, attributes: { type: "button" } }, `Fix: ${finding.fix.title}`),
  );
}

function place(finding: Finding): HTMLElement {
  const words = finding.range !== null ? `line ${finding.range.start.line + 1}` : (finding.file ?? "");
  return h("span", { class: "place" }, words);
}
