import { describe, expect, it } from "vitest";
import { EngineError } from "../../src/engine/errors.ts";
import { toSessionId } from "../../src/engine/session.ts";
import { stage } from "../hub/support.ts";

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

  it.each([null, undefined, 7, {}, [null], [{ text: "x" }], { type: 7 }, { type: "file" }, { data: "x" }])(
    "%j is no prompt",
    async (value) => {
      const { client, session, engine } = await stage();
      await expect(client.session.prompt(session, untyped(value)).text()).rejects.toMatchObject({
        code: "INVALID_REQUEST",
        message: expect.stringContaining("{ path }"),
      });
      expect(engine.calls.filter((call) => call.startsWith("prompt"))).toEqual([]);
    },
  );

  it("what is right is taken as it is", () => {
    expect([toSessionId("a"), toSessionId({ id: "b" })]).toEqual(["a", "b"]);
  });
});
