/** A question with a few answers. */

import { h } from "./dom";

/** The number of the answer that is chosen; null where the question is dismissed. */
export function choose(question: string, detail: string, answers: string[]): Promise<number | null> {
  return new Promise((resolve) => {
    let chosen: number | null = null;
    const dialog = h("dialog", { class: "question" }, h("h2", {}, question), h("p", {}, detail));
    const buttons = answers.map((answer, index) =>
      h("button", { attributes: { type: "button" }, on: { click: () => ((chosen = index), dialog.close()) } }, answer),
    );
    dialog.append(h("div", { class: "answers" }, ...buttons));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(chosen);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
