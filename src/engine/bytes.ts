const CHUNK = 0x8000 - (0x8000 % 3);

/** A `data:` address of these bytes. */
export function toDataUrl(bytes: Uint8Array, mimeType: string): string {
  const pieces = [`data:${mimeType};base64,`];
  // In pieces: all at once are more arguments than a call takes. A multiple of three, so that none is padded.
  for (let start = 0; start < bytes.length; start += CHUNK) {
    pieces.push(btoa(String.fromCharCode(...bytes.subarray(start, start + CHUNK))));
  }
  return pieces.join("");
}

/** How the kinds of files begin that models read, and that are not text. A dot is any byte. */
const SIGNATURES: readonly (readonly [mimeType: string, begins: RegExp])[] = [
  ["image/png", /^\x89PNG\r\n/s],
  ["image/jpeg", /^\xff\xd8\xff/s],
  ["image/gif", /^GIF8/s],
  ["image/webp", /^RIFF....WEBP/s],
  ["application/pdf", /^%PDF-/s],
];

/** What kind of file this is, by its bytes. Names lie about it: `.ts` is a video by the registry of kinds. */
export function kindOf(bytes: Uint8Array): string {
  const head = String.fromCharCode(...bytes.subarray(0, 16));
  const known = SIGNATURES.find(([, begins]) => begins.test(head));
  return known?.[0] ?? (isText(bytes) ? "text/plain" : UNKNOWN_KIND);
}

/** What programs say of files of which they know nothing. */
export const UNKNOWN_KIND = "application/octet-stream";

/** UTF-8, and no zero in it. */
export function isText(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
