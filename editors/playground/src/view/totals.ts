/** The sums over the model: parameters, multiply-adds, memory. */

import { h } from "../dom";
import type { Model, Totals } from "../model";
import { bytes, exact, short } from "../words";

export function totals(model: Model): HTMLElement {
  const sums = model.totals;
  const partly = model.rest.length > 0;
  return h(
    "dl",
    { class: "totals" },
    stat(
      "Layers",
      String(sums.layers),
      partly ? `of ${sums.layers + model.rest.length}` : "",
      "layers that are reached",
    ),
    stat("Parameters", short(sums.params), frozen(sums), `${exact(sums.params)} parameters`),
    stat("MACs", short(sums.macs).replaceAll("*", "·"), "per sample", `${exact(sums.macs)} multiply-accumulates`),
    stat(
      "Weights",
      bytes(sums.memory.weights),
      optimizer(sums),
      "memory of the weights, and of the state that the optimizer keeps",
    ),
    stat(
      "Activations",
      bytes(sums.memory.activations).replaceAll("*", "·"),
      `batch of ${sums.batch}`,
      "memory of what training keeps for the backward pass",
    ),
  );
}

function stat(name: string, value: string, more: string, title: string): HTMLElement {
  return h(
    "div",
    { title },
    h("dt", {}, name),
    h("dd", { class: /[·+]/.test(value) ? "formula" : "" }, value),
    h("dd", { class: "more" }, more),
  );
}

function frozen(sums: Totals): string {
  const number = sums.params - sums.trainable;
  return number > 0 ? `${short(number)} non-trainable` : "all trainable";
}

function optimizer(sums: Totals): string {
  return sums.memory.optimizer === null ? "" : `+ ${bytes(sums.memory.optimizer)} optimizer`;
}
