/** A line of words above the page: what went wrong, or what happened. */

import { button, byId, h } from "./dom";

const SECONDS = 6;

let timer: number | undefined;

interface More {
  /** It has no end of its own. */
  stays?: boolean;
  /** What it is about: it goes with `withdraw` of the same. */
  about?: string;
  /** What can be done about it. */
  action?: { words: string; run: () => void };
}

/** Shows words in place of those before. */
export function notice(words: string, kind: "fault" | "word", more: More = {}): void {
  const area = byId("notice");
  clearTimeout(timer);
  const { action, stays = false } = more;
  const act =
    action === undefined
      ? []
      : [
          button("act", action.words, () => {
            hide();
            action.run();
          }),
        ];
  const close = button("", "✕", hide, { attributes: { "aria-label": "Dismiss" } });
  area.replaceChildren(h("span", {}, words), ...act, ...(stays ? [] : [close]));
  area.className = kind;
  area.dataset.about = more.about ?? "";
  area.hidden = false;
  if (!stays && action === undefined) timer = window.setTimeout(hide, SECONDS * 1000);
}

/** Takes back what is shown about something that is over. */
export function withdraw(about: string): void {
  if (byId("notice").dataset.about === about) hide();
}

function hide(): void {
  clearTimeout(timer);
  byId("notice").hidden = true;
  byId("notice").dataset.about = "";
}
