import type { WireContent } from "./schema.ts";

/** A body as it is kept: what says that it is JSON is kept as such, so that people can read and compare it. */
export function toContent(bytes: Uint8Array, contentType: string | null): WireContent {
  const text = decode(bytes);
  if (text === undefined) return { base64: Buffer.from(bytes).toString("base64") };
  if (!/[/+]json\b/i.test(contentType ?? "")) return { text };
  try {
    const json: unknown = JSON.parse(text);
    return { json };
  } catch {
    return { text };
  }
}

/** The body again; `rename` may change what is text in it. */
export function toBytes({ json, text, base64 }: WireContent, rename: (text: string) => string): Uint8Array {
  if (base64 !== undefined) return Buffer.from(base64, "base64");
  return new TextEncoder().encode(rename(text ?? JSON.stringify(json) ?? ""));
}

/** `undefined`: it is no text. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
