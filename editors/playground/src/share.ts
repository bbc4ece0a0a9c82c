/** A document in the address of the page, behind its `#`, which no browser sends anywhere. */

import type { Format } from "./model";

/** The address of this page with a document in it. */
export async function address(text: string, format: Format): Promise<string> {
  const packed = await through(new Blob([text]).stream(), new CompressionStream("deflate-raw"));
  const signs = btoa(String.fromCharCode(...packed)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return `${location.origin}${location.pathname}#${format}=${signs}`;
}

/** The document in an address; null where there is none, or none that can be read. */
export async function shared(fragment: string): Promise<{ text: string; format: Format } | null> {
  const found = /^#(toml|json)=([\w-]+)$/.exec(fragment);
  if (found === null) return null;
  try {
    const packed = Uint8Array.from(atob(found[2].replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
    const bytes = await through(new Blob([packed]).stream(), new DecompressionStream("deflate-raw"));
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), format: found[1] as Format };
  } catch {
    return null;
  }
}

async function through(stream: ReadableStream, transform: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream.pipeThrough(transform)).arrayBuffer());
}
