import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mintMessageId, partIds } from "../../src/opencode/native/ids.ts";
import { promptBody, toParts } from "../../src/opencode/native/prompt-body.ts";

const LAST = 2n ** 48n - 1n;
const times = fc.bigInt({ min: 0n, max: LAST });
const suffixes = fc.stringMatching(/^[0-9A-Za-z]{14}$/);
const idOf = (time: bigint, suffix: string) => `msg_${time.toString(16).padStart(12, "0")}${suffix}`;
const timeOf = (id: string) => BigInt(`0x${id.slice(4, 16)}`);

describe("the id of a message", () => {
  it("follows the newest one at once: nothing fits between the two, and it sorts behind it", () => {
    fc.assert(
      fc.property(times, suffixes, (time, suffix) => {
        fc.pre(time < LAST);
        const newest = idOf(time, suffix);
        const minted = mintMessageId(newest);
        expect(minted).toMatch(/^msg_[0-9a-f]{12}[0-9A-Za-z]{14}$/);
        expect(timeOf(minted)).toBe(time + 1n);
        expect(minted > newest).toBe(true);
      }),
    );
  });

  it("begins anew where the 48 bits end", () => {
    expect(mintMessageId(idOf(LAST, "zzzzzzzzzzzzzz"))).toMatch(/^msg_000000000000[0-9A-Za-z]{14}$/);
  });

  it.each([
    undefined,
    "",
    "msg_",
    "msg_xyz",
    "4c9f5a36-0c0e-4a6e-9d52-3f6f9f1b2c3d",
    "prt_208f42363001sjh2oe84lgbRlA",
  ])("is the first there can be after %j", (newest) => {
    expect(mintMessageId(newest)).toMatch(/^msg_000000000001[0-9A-Za-z]{14}$/);
  });

  it("is another every time", () => {
    const minted = Array.from({ length: 1_000 }, () => mintMessageId("msg_208f42363001sjh2oe84lgbRlA"));
    expect(new Set(minted).size).toBe(1_000);
  });

  it("does not look at the clock", () => {
    expect(mintMessageId("msg_208f42363001sjh2oe84lgbRlA")).toMatch(/^msg_208f42363002/);
  });
});

describe("the ids of a message's parts", () => {
  it("are many, distinct, and in the order of the parts", () => {
    fc.assert(
      fc.property(times, suffixes, fc.integer({ min: 0, max: 9 }), (time, suffix, count) => {
        fc.pre(time < LAST - 9n);
        const ids = partIds(idOf(time, suffix), count);
        expect(ids).toHaveLength(count);
        expect(ids.toSorted()).toEqual(ids);
        for (const id of ids) expect(id).toMatch(/^prt_[0-9a-f]{12}[0-9A-Za-z]{14}$/);
      }),
    );
  });
});

describe("the body of a prompt", () => {
  it("has an id for the message and for each part, so that the same body again adds nothing", () => {
    const body = promptBody(
      [
        { type: "text", text: "Look" },
        { type: "image", url: "data:,", mimeType: "image/png" },
      ],
      "msg_000000000001ABCDEFGHIJKLMN",
    );
    expect(body).toEqual({
      messageID: "msg_000000000001ABCDEFGHIJKLMN",
      parts: [
        { id: "prt_000000000001ABCDEFGHIJKLMN", type: "text", text: "Look" },
        { id: "prt_000000000002ABCDEFGHIJKLMN", type: "file", url: "data:,", mime: "image/png" },
      ],
    });
  });

  it.each([
    ["a string", "Hi", [{ type: "text", text: "Hi" }]],
    ["one content", [{ type: "text", text: "Hi" }] as const, [{ type: "text", text: "Hi" }]],
    ["a text without text", [{ type: "text" }] as const, [{ type: "text", text: "" }]],
    [
      "a file",
      [{ type: "file", url: "file:///a" }] as const,
      [{ type: "file", url: "file:///a", mime: "text/plain" }],
    ],
    [
      "a file on its disk, of which it finds out itself what it is",
      [{ type: "image", url: "file:///a.png", mimeType: "image/png", name: "a.png" }] as const,
      [{ type: "file", url: "file:///a.png", mime: "text/plain", filename: "a.png" }],
    ],
    [
      "what models read",
      [{ type: "file", url: "data:application/pdf;base64,AA==", mimeType: "application/pdf" }] as const,
      [{ type: "file", url: "data:application/pdf;base64,AA==", mime: "application/pdf" }],
    ],
    [
      "data that is text by another name",
      [
        { type: "file", url: "data:application/json;base64,e30=", mimeType: "application/json" },
        { type: "image", url: "data:image/svg+xml,%3Csvg/%3E", mimeType: "image/svg+xml" },
      ] as const,
      [
        { type: "file", url: "data:text/plain;base64,e30=", mime: "text/plain" },
        { type: "file", url: "data:text/plain,%3Csvg/%3E", mime: "text/plain" },
      ],
    ],
    ["nothing", [], []],
  ])("takes %s", (_, content, parts) => {
    expect(toParts(content)).toEqual(parts);
  });

  it("refuses what no model reads, and says so", () => {
    const zip = {
      type: "file",
      url: "data:application/zip;base64,UEsDBAAA",
      mimeType: "application/zip",
    } as const;
    expect(() => toParts([{ ...zip, name: "a.zip" }])).toThrow(/"a\.zip" of the kind application\/zip/);
  });
});
