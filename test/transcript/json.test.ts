import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTranscript } from "../../src/transcript/format-transcript.ts";
import { parseTranscript } from "../../src/transcript/parse-transcript.ts";
import { messages as anyMessage, sessions as anySession } from "./arbitrary-session.ts";

it("what was written is read back as it was", () => {
  fc.assert(
    fc.property(anySession, fc.array(anyMessage, { maxLength: 3 }), (session, messages) => {
      const json = formatTranscript({ session, messages }, "json");
      expect(parseTranscript(json)).toEqual({ version: 1, session, messages });
      expect(formatTranscript(parseTranscript(json), "json")).toBe(json);
    }),
  );
});

describe("what is no transcript", () => {
  const session = { id: "ses_1", title: "One" };
  it.each<[string, string]>([
    ["it is no JSON", "# Title"],
    ["it has no version", "{}"],
    ["it has no version", "null"],
    ["it has no version", "[]"],
    ["its version is 2, and only 1 is known", '{"version":2}'],
    ["its version is null, and only 1 is known", '{"version":null}'],
    ["it has no session", JSON.stringify({ version: 1, session: { id: 1 }, messages: [] })],
    ["it has no list of messages", JSON.stringify({ version: 1, session, messages: {} })],
    ["message 1 is none", JSON.stringify({ version: 1, session, messages: [{ id: "msg_1", role: "user" }] })],
  ])("is refused: %s", (why, json) => {
    expect(() => parseTranscript(json)).toThrow(
      expect.objectContaining({
        code: "INVALID_REQUEST",
        message: `This is not a transcript that can be read: ${why}. Write one with exportTranscript(session, "json").`,
      }),
    );
  });

  it("is not written either: another format is refused", () => {
    const write = () => Reflect.apply(formatTranscript, undefined, [{ session, messages: [] }, "yaml"]);
    expect(write).toThrow(
      expect.objectContaining({
        code: "INVALID_REQUEST",
        message: 'A transcript is "markdown" or "json", not "yaml".',
      }),
    );
  });
});
