/** A line of words above the page: what went wrong, or what happened. */

import { button, byId, h } from "./dom";

const SECONDS = 6;

let timer: number | undefined;

/** Shows words; those that stay have no end of their own. */
export function notice(words: string, kind: "fault" | "word", stays = false): void {
  const area = byId("notice");
  clearTimeout(timer);
  const close = button("", "✕", () => (area.hidden = true), { attributes: { "aria-label": "Dismiss" } });
  area.replaceChildren(h("span", {}, words), ...(stays ? [] : [close]));
  area.className = kind;
  area.hidden = false;
  if (!stays) timer = window.setTimeout(() => (area.hidden = true), SECONDS * 1000);
}
