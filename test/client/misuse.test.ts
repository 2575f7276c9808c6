import { describe, expect, it } from "vitest";
import { EngineError } from "../../src/engine/errors.ts";
import { toContentList } from "../../src/engine/message.ts";
import { toSessionId } from "../../src/engine/session.ts";

/** As code without types would call it. */
const untyped: (value: unknown) => never = (value) => value as never;

const thrownBy = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    return error;
  }
};

describe("misuse", () => {
  it.each([null, undefined, 7, {}, { id: 7 }])("%j is no session", (value) => {
    expect(
      EngineError.is(
        thrownBy(() => toSessionId(untyped(value))),
        "INVALID_REQUEST",
      ),
    ).toBe(true);
  });

  it.each([null, undefined, 7, {}, [null], [{ text: "x" }], { type: 7 }])("%j is no prompt", (value) => {
    expect(
      EngineError.is(
        thrownBy(() => toContentList(untyped(value))),
        "INVALID_REQUEST",
      ),
    ).toBe(true);
  });

  it("what is right is taken as it is", () => {
    expect([toSessionId("a"), toSessionId({ id: "b" })]).toEqual(["a", "b"]);
    const image = { type: "image", url: "data:," } as const;
    expect(toContentList("a")).toEqual([{ type: "text", text: "a" }]);
    expect(toContentList(image)).toEqual([image]);
    expect(toContentList([image, image])).toEqual([image, image]);
  });
});
