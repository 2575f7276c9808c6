import { PassThrough } from "node:stream";
import fc from "fast-check";
import { expect, it } from "vitest";
import { readLines } from "../../src/acp/read-lines.ts";

/** Reads these chunks, and gives the lines and how it ended. */
async function read(chunks: readonly Buffer[], longest?: number) {
  const input = new PassThrough();
  const lines: string[] = [];
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  readLines(input, { line: (text) => lines.push(text), end: resolve }, longest);
  for (const chunk of chunks) input.write(chunk);
  input.end();
  return { error: await promise, lines };
}

it("reads the same lines, however they are cut into chunks", async () => {
  const line = fc.string({ unit: "grapheme" }).filter((text) => !/[\n\r]/.test(text) && text.trim() !== "");
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat(64)), async (wanted, cuts) => {
      const bytes = Buffer.from(wanted.map((text) => `${text}\n`).join(""));
      const chunks: Buffer[] = [];
      let at = 0;
      for (const size of cuts) {
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      chunks.push(bytes.subarray(at));
      expect(await read(chunks.filter(({ length }) => length > 0))).toEqual({
        error: undefined,
        lines: wanted,
      });
    }),
  );
});

it("takes a last line without its end, leaves out empty ones, and gives up on one that does not end", async () => {
  expect((await read([Buffer.from("a\n\n  \nb")])).lines).toEqual(["a", "b"]);
  const { error, lines } = await read([Buffer.from("a\n"), Buffer.alloc(200, "x")], 100);
  expect([lines, error?.message]).toEqual([["a"], "It sent a line of more than 100 bytes."]);
});
