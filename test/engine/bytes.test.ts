import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kindOf, toDataUrl } from "../../src/engine/bytes.ts";

describe("bytes", () => {
  it("become an address that fetch reads back, at any length", async () => {
    for (const length of [0, 1, 2, 3, 32_765, 32_766, 32_767, 32_768, 100_000]) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 7) % 256);
      expect(toDataUrl(bytes, "image/png")).toBe(
        `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`,
      );
    }
  });

  it.each([
    ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
    ["image/jpeg", [0xff, 0xd8, 0xff, 0xe0]],
    ["image/gif", [...Buffer.from("GIF89a")]],
    ["image/webp", [...Buffer.from("RIFF\n\n\n\nWEBPVP8 ")]],
    ["application/pdf", [...Buffer.from("%PDF-1.7\n")]],
    ["text/plain", [...Buffer.from("export const ü = 1;")]],
    ["application/octet-stream", [0x50, 0x4b, 0x03, 0x04, 0xff]],
    ["application/octet-stream", [0x61, 0x00]],
  ])("look like %s", (kind, bytes) => {
    expect(kindOf(Uint8Array.from(bytes))).toBe(kind);
  });

  it("of any text without NUL are text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        fc.pre(!text.includes("\0") && !/^(GIF8|%PDF-)/.test(text));
        expect(kindOf(new TextEncoder().encode(text))).toBe("text/plain");
      }),
    );
  });
});
