/** A document in the address of the page, behind its `#`, which no browser sends anywhere. */

import type { Format } from "./model";

/** The window whose address holds the document: this one, or that of the front page, which has this page in a frame. */
export function outer(): Window {
  try {
    return parent.location.origin === location.origin ? parent : window;
  } catch {
    return window;
  }
}

/** The address of the page with a document in it. */
export async function address(text: string, format: Format): Promise<string> {
  const packed = await through(new Blob([text]).stream(), new CompressionStream("deflate-raw"));
  const signs = btoa(String.fromCharCode(...packed)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const page = outer().location;
  return `${page.origin}${page.pathname}#${format}=${signs}`;
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
