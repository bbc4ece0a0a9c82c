/** A rule explained, in a dialog. */

import { h } from "../dom";
import type { Explanation } from "../model";

const CODE = ["Example", "Use instead"];

export function explain(told: Explanation): void {
  const close = h(
    "button",
    { class: "close", title: "Close", attributes: { type: "button", "aria-label": "Close" } },
    "✕",
  );
  const dialog = h(
    "dialog",
    { class: "explain", attributes: { "aria-label": `${told.code} ${told.name}` } },
    h("header", {}, h("h2", {}, told.name), h("span", { class: "code" }, told.code), close),
    h("p", { class: "summary" }, ...inline(told.summary)),
    ...Object.entries(told.sections).flatMap(([heading, text]) => section(heading, text, told.output)),
    h("p", { class: "suppress" }, ...inline(`To suppress it on one line: \`# seqspec: ignore[${told.code}] reason\``)),
  );
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}

function section(heading: string, text: string, output: string): HTMLElement[] {
  const title = h("h3", {}, heading);
  if (CODE.includes(heading)) {
    const said = heading === "Example" && output ? [h("pre", { class: "output" }, output)] : [];
    return [title, h("pre", {}, text), ...said];
  }
  if (heading === "References") {
    return [title, h("ul", {}, ...text.split("\n").map((line) => h("li", {}, ...inline(line))))];
  }
  return [title, ...text.split(/\n\s*\n/).map((paragraph) => h("p", {}, ...inline(paragraph)))];
}

/** Words with what stands in backticks as code. */
function inline(text: string): (string | HTMLElement)[] {
  return text.split(/`([^`]+)`/).map((part, index) => (index % 2 === 1 ? h("code", {}, part) : part));
}
