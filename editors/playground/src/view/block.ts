/** One layer as a block: its type, name and arguments, and where parameters and multiply-adds go. */

import { h } from "../dom";
import { SEVERITIES, type Finding, type Layer, type Rest, type Size } from "../model";
import { bytes, exact, shape, shapes, short } from "../words";

/** The largest numbers of the model, which fill a bar. */
export interface Scale {
  params: number;
  macs: number;
}

/** Per cent of a bar that can still be seen. */
const LEAST = 2;

export function layerBlock(layer: Layer, scale: Scale, found: Finding[], inner = false): HTMLElement {
  const worst = SEVERITIES.find((severity) => layer.findings.some((index) => found[index]?.severity === severity));
  return h(
    "div",
    { class: `layer${inner ? " inner" : ""}${worst !== undefined ? ` found-${worst}` : ""}` },
    h(
      "button",
      { class: "block", attributes: { type: "button", "aria-expanded": "false" } },
      what(layer.type, layer.name, layer.arguments, layer.file, marks(layer)),
      cost("params", layer.params, scale.params, paramsTitle(layer)),
      cost("macs", layer.macs, scale.macs, `${exact(layer.macs)} MACs per sample`),
    ),
    details(layer),
    layer.layers.length > 0 &&
      h("div", { class: "nested" }, ...layer.layers.map((each) => layerBlock(each, scale, found, true))),
  );
}

/** A layer that is not reached: why, where it is the one that fails; else only what it is. */
export function restBlock(rest: Rest, finding: Finding | undefined, input: string | null): HTMLElement {
  const failed = finding !== undefined;
  return h(
    "div",
    { class: failed ? "layer failed" : "layer unreached" },
    h(
      "button",
      { class: "block", attributes: { type: "button" } },
      what(rest.type, rest.name ?? "", rest.arguments, null),
      failed &&
        h(
          "span",
          { class: "refusal" },
          h("span", { class: "message" }, finding.statement),
          input !== null &&
            !finding.message.includes(input) &&
            h("span", { class: "input-shape" }, `input shape: ${input}`),
          finding.help !== null && h("span", { class: "help" }, finding.help),
        ),
    ),
  );
}

/** What sets a layer apart, as words beside its type. */
function marks(layer: Layer): string[] {
  return [...(layer.kind === "backbone" ? ["backbone"] : []), ...(layer.frozen ? ["frozen"] : [])];
}

function what(
  type: string,
  name: string,
  given: [string, string][],
  file: string | null,
  marks: string[] = [],
): HTMLElement {
  return h(
    "span",
    { class: "what" },
    h(
      "span",
      { class: "title" },
      h("span", { class: "type" }, type),
      ...marks.map((mark) => h("span", { class: `mark ${mark}` }, mark)),
      h("span", { class: "name" }, name),
    ),
    (given.length > 0 || file !== null) &&
      h(
        "span",
        { class: "arguments", title: given.map(([key, value]) => `${key} = ${value}`).join("\n") },
        ...given.map(([key, value]) => h("span", {}, h("span", { class: "key" }, key), ` ${value}`)),
        file !== null && h("span", { class: "key" }, `from ${file}`),
      ),
  );
}

function cost(kind: "params" | "macs", size: Size | null, most: number, title: string): HTMLElement {
  const drawn = typeof size === "number" && size > 0 && most > 0;
  const part = drawn ? size / most : 0;
  const bar = h("span", { class: "fill" });
  bar.style.width = `${(drawn ? Math.max(part * 100, LEAST) : 0).toFixed(1)}%`;
  return h(
    "span",
    { class: `cost ${kind}`, title },
    h("span", { class: size === 0 ? "number none" : "number" }, size === 0 ? "–" : formula(short(size))),
    h("span", { class: drawn ? "bar" : "bar none" }, bar),
  );
}

function formula(text: string): string {
  return text.replaceAll("*", "·");
}

function paramsTitle(layer: Layer): string {
  const frozen = layer.params - layer.trainable;
  return `${exact(layer.params)} parameters${frozen > 0 ? `, ${exact(frozen)} non-trainable` : ""}`;
}

function details(layer: Layer): HTMLElement {
  // Layers inside are drawn with weights of their own.
  const weights = layer.layers.length > 0 ? [] : layer.weights;
  const rows: [string, string][] = [
    ["input", `${shape(layer.input)} ${layer.input.dtype ?? ""}`],
    ["output", `${shapes(layer.outputs)} ${layer.outputs[0]?.dtype ?? ""}`],
    ...weights.map((weight): [string, string] => [
      weight.name,
      `(${weight.shape.join(", ")})${weight.trainable ? "" : " non-trainable"}`,
    ]),
  ];
  if (weights.length > 0 && layer.more_weights > 0) rows.push(["…", `${layer.more_weights} more weights`]);
  if (layer.memory !== null) rows.push(["activations", formula(bytes(layer.memory))]);
  return h("dl", { class: "details" }, ...rows.flatMap(([key, value]) => [h("dt", {}, key), h("dd", {}, value)]));
}
