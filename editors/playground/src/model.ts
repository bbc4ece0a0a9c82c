/** What the server answers to `seqspec/model`, `seqspec/welcome` and `seqspec/explain`. */

import type { Range, TextEdit } from "vscode-languageserver-protocol";

export type Place = Range | null;
export type Size = number | string;

export interface Tensor {
  shape: Size[] | null;
  dtype: string | null;
}

export interface Weight {
  name: string;
  shape: number[];
  dtype: string;
  trainable: boolean;
}

export interface Layer {
  name: string;
  type: string;
  arguments: [string, string][];
  pointer: string;
  range: Place;
  file: string | null;
  input: Tensor;
  outputs: Tensor[];
  params: number;
  trainable: number;
  macs: Size | null;
  memory: Size | null;
  weights: Weight[];
  more_weights: number;
  layers: Layer[];
  kind: "layer" | "backbone";
  /** Kept from training as a whole. */
  frozen: boolean;
  /** Positions in the findings. */
  findings: number[];
}

export interface Group {
  group: string;
  block: boolean;
  range: Place;
  times: number;
  copies: { times: number; layers: Layer[] }[];
  findings: number[];
}

export interface Rest {
  name: string | null;
  type: string;
  arguments: [string, string][];
  range: Place;
  finding: number | null;
}

/** From the worst on. */
export const SEVERITIES = ["error", "warning", "info"] as const;

export interface Finding {
  code: string;
  name: string;
  severity: (typeof SEVERITIES)[number];
  message: string;
  /** The layer that the message is about, and the message without it. */
  subject: string;
  statement: string;
  label: string | null;
  notes: string[];
  help: string | null;
  range: Place;
  file: string | null;
  related: { message: string; range: Place }[];
  fix: { title: string; safe: boolean; edits: TextEdit[] } | null;
}

export interface Head {
  loss: string | null;
  loss_range: Place;
  optimizer: string | null;
  optimizer_range: Place;
  metrics: string[];
  metrics_range: Place;
  target: string | null;
  target_range: Place;
}

export interface Totals {
  layers: number;
  params: number;
  trainable: number;
  macs: Size | null;
  batch: number;
  memory: { weights: number; gradients: number; optimizer: number | null; activations: Size | null };
}

export interface Model {
  version: number | null;
  name: string | null;
  input: Tensor & { range: Place };
  layers: (Layer | Group)[];
  more_layers: number;
  rest: Rest[];
  head: Head;
  totals: Totals;
  findings: Finding[];
  more_findings: number;
  program: { text: string } | { why: string };
  /** What is not checked where the checker runs. */
  unchecked: string[];
}

export interface Example {
  name: string;
  purpose: string;
  text: string;
}

export type Format = "toml" | "json";

export interface Welcome {
  fault?: string;
  file: string | null;
  format: Format;
  addresses: Record<Format, string>;
  examples: Example[];
  text: string | null;
  revision: string | null;
}

export interface Explanation {
  code: string;
  name: string;
  severity: string;
  summary: string;
  sections: Record<string, string>;
  output: string;
}

export function isGroup(entry: Layer | Group): entry is Group {
  return "group" in entry;
}

/** Whether a position is within a range. */
export function holds(range: Place, line: number, character: number): boolean {
  if (range === null) return false;
  const { start, end } = range;
  const after = line > start.line || (line === start.line && character >= start.character);
  const before = line < end.line || (line === end.line && character <= end.character);
  return after && before;
}

export function isOn(range: Place, line: number): boolean {
  return range !== null && line >= range.start.line && line <= range.end.line;
}
