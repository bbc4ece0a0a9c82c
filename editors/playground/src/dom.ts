/** Elements in few words. Text is always set as text: nothing that a document holds becomes markup. */

type Child = Node | string | null | undefined | false;

interface Properties {
  class?: string;
  title?: string;
  data?: Record<string, string>;
  on?: { [name in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[name]) => void };
  attributes?: Record<string, string>;
}

export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (properties.class) element.className = properties.class;
  if (properties.title) element.title = properties.title;
  Object.assign(element.dataset, properties.data);
  for (const [key, value] of Object.entries(properties.attributes ?? {})) element.setAttribute(key, value);
  for (const [event, listener] of Object.entries(properties.on ?? {})) {
    element.addEventListener(event, listener as EventListener);
  }
  element.append(...children.filter((child): child is Node | string => !!child || child === ""));
  return element;
}

export function button(
  name: string,
  words: string,
  click: () => void,
  more: Omit<Properties, "class" | "on"> = {},
): HTMLButtonElement {
  const attributes = { type: "button", ...more.attributes };
  return h("button", { ...more, class: name, on: { click }, attributes }, words);
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}
