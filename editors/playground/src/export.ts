/** What the page writes to files: the picture, the program, the summary. */

import type { Client } from "./lsp/client";
import { notice } from "./notice";

export type ExportKind = "svg" | "png" | "html" | "mmd" | "python" | "markdown";

/** Kind → the words of the menu, and the ending of the file. */
export const EXPORTS: Record<ExportKind, [string, string]> = {
  svg: ["Picture (SVG)", "svg"],
  png: ["Picture (PNG)", "png"],
  html: ["Page (HTML)", "html"],
  mmd: ["Diagram (Mermaid)", "mmd"],
  python: ["Keras program (Python)", "py"],
  markdown: ["Summary (Markdown)", "md"],
};

/** Pixels of a PNG per pixel of the page. */
const SCALE = 2;

/** Pixels that browsers can draw on at most, on either side. */
const MAX_SIDE = 16_000;

/** Writes a file and gives it to the browser to save. */
export async function exportFile(client: Client, kind: ExportKind, stem: string): Promise<void> {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const png = kind === "png";
  const made = await client.request<{ text?: string; why?: string } | null>("seqspec/export", {
    textDocument: { uri: client.address },
    format: png ? "svg" : kind,
    theme: png ? (dark ? "dark" : "light") : "auto",
  });
  if (made?.text === undefined) {
    notice(made?.why ?? "There is nothing to export.", "fault");
    return;
  }
  const blob = png ? await rasterized(made.text) : new Blob([made.text], { type: "text/plain;charset=utf-8" });
  const link = document.createElement("a");
  link.download = `${stem}.${EXPORTS[kind][1]}`;
  link.href = URL.createObjectURL(blob);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function rasterized(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const scale = Math.min(SCALE, MAX_SIDE / Math.max(image.naturalWidth, image.naturalHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.naturalWidth * scale);
  canvas.height = Math.round(image.naturalHeight * scale);
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob !== null ? resolve(blob) : reject(new Error("the picture is too large"))), "image/png");
  });
}
