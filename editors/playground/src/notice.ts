/** A line of words above the page: what went wrong, or what happened. */

import { byId, h } from "./dom";

const SECONDS = 6;

let timer: number | undefined;

/** Shows words; those that stay have no end of their own. */
export function notice(words: string, kind: "fault" | "word", stays = false): void {
  const area = byId("notice");
  clearTimeout(timer);
  const close = h("button", { attributes: { type: "button", "aria-label": "Dismiss" }, on: { click: () => (area.hidden = true) } }, "✕");
  area.replaceChildren(h("span", {}, words), ...(stays ? [] : [close]));
  area.className = kind;
  area.hidden = false;
  if (!stays) timer = window.setTimeout(() => (area.hidden = true), SECONDS * 1000);
}
