/** Numbers and shapes as people read them. */

import type { Size, Tensor } from "./model";

const UNITS: [number, string][] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

export function shape(tensor: Tensor): string {
  return tensor.shape === null ? "?" : `(${tensor.shape.join(", ")})`;
}

export function shapes(tensors: Tensor[]): string {
  return tensors.map(shape).join(" ");
}

/** 1234567 → "1.23M"; a formula stays as it is. */
export function short(size: Size | null): string {
  if (size === null) return "unknown";
  if (typeof size === "string") return size;
  for (const [unit, sign] of UNITS) {
    if (size >= unit) return `${digits(size / unit)}${sign}`;
  }
  return String(size);
}

export function exact(size: Size | null): string {
  if (size === null) return "unknown";
  return typeof size === "number" ? size.toLocaleString("en") : size;
}

export function bytes(size: Size | null): string {
  if (size === null) return "unknown";
  if (typeof size === "string") return `${size} B`;
  let left = size;
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    if (left < 1024) return `${unit === "B" ? left : digits(left)} ${unit}`;
    left /= 1024;
  }
  return `${digits(left)} TiB`;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
