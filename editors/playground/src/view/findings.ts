/** The findings as a list: each leads to its place, its rule and its fix. */

import { button, h } from "../dom";
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
  // With a fix the label and the help say what the button says.
  const label = finding.fix === null ? finding.label : null;
  const help = finding.help !== finding.fix?.title ? finding.help : null;
  const more = [label, ...finding.notes].filter((words): words is string => words !== null);
  return h(
    "li",
    { class: `finding ${finding.severity}` },
    h(
      "div",
      { class: "line" },
      h("span", { class: "severity" }, finding.severity),
      button("code", `${finding.code} ${finding.name}`, () => actions.explain(finding.code), {
        title: "Explain this rule",
      }),
      place(finding),
    ),
    finding.subject !== "" && h("p", { class: "note subject" }, finding.subject),
    button("message", finding.statement, () => actions.jump(finding.range)),
    ...more.map((words) => h("p", { class: "note" }, words)),
    ...finding.related
      .filter((related) => related.range !== null)
      .map((related) =>
        h(
          "p",
          { class: "note" },
          button("related", line(related.range), () => actions.jump(related.range)),
          ` ${related.message}`,
        ),
      ),
    help !== null && h("p", { class: "note help" }, help),
    finding.fix !== null &&
      button("fix", `Fix: ${finding.fix.title}`, () => actions.fix(finding), {
        title: finding.fix.safe ? "The document means the same after it" : "May change what the model is: look at it",
      }),
  );
}

function place(finding: Finding): HTMLElement {
  return h("span", { class: "place" }, finding.range !== null ? line(finding.range) : (finding.file ?? ""));
}

function line(range: Place): string {
  return range === null ? "" : `line ${range.start.line + 1}`;
}
