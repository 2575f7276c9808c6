import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message, Usage } from "../../src/engine/message.ts";
import { contextUseOf, usageOf } from "../../src/engine/usage.ts";

const fields = [
  "inputTokens",
  "outputTokens",
  "reasoningTokens",
  "cachedTokens",
  "cacheWriteTokens",
  "costUsd",
] as const satisfies readonly (keyof Usage)[];

const count = fc.nat({ max: 1_000_000 });
const usages: fc.Arbitrary<Usage | undefined> = fc.option(
  fc.record(
    {
      inputTokens: count,
      outputTokens: count,
      reasoningTokens: fc.option(count, { nil: undefined }),
      cachedTokens: count,
      cacheWriteTokens: count,
      // Halves: their sums are exact.
      costUsd: count.map((halves) => halves / 2),
    },
    { requiredKeys: ["inputTokens", "outputTokens"] },
  ),
  { nil: undefined },
);
const tellings = fc.array(fc.record({ usage: usages }));

const answer = (more: Partial<Message>): Message => ({
  id: "m",
  sessionId: "s",
  role: "assistant",
  content: { type: "text", text: "" },
  createdAt: 0,
  ...more,
});

describe("usageOf", () => {
  it("adds every count up, over those that tell it, and tells no other", () => {
    fc.assert(
      fc.property(tellings, (messages) => {
        const told = messages.flatMap(({ usage }) => usage ?? []);
        const sum = usageOf(messages);
        if (told.length === 0) expect(sum).toBeUndefined();
        for (const field of fields) {
          const counts = told.flatMap((usage) => usage[field] ?? []);
          const expected = counts.length === 0 ? undefined : counts.reduce((a, b) => a + b);
          expect(sum?.[field], field).toBe(expected);
        }
      }),
    );
  });

  it("can be added up in pieces, in any order", () => {
    fc.assert(
      fc.property(tellings, tellings, (some, others) => {
        const pieces = usageOf([{ usage: usageOf(others) }, { usage: usageOf(some) }]);
        expect(pieces).toEqual(usageOf([...some, ...others]));
      }),
    );
  });

  it("takes what it has made", () => {
    const once: Usage = { inputTokens: 1, outputTokens: 2, costUsd: 0.5 };
    expect(usageOf([{ usage: once }, {}, { usage: once }])).toEqual({
      inputTokens: 2,
      outputTokens: 4,
      costUsd: 1,
    });
  });
});

describe("contextUseOf", () => {
  const models = [
    { id: "a/large", limits: { context: 200_000 } },
    { id: "a/unknown" },
    { id: "a/small", limits: { context: 1_000 } },
  ];
  const usage: Usage = {
    inputTokens: 100,
    outputTokens: 20,
    reasoningTokens: 3,
    cachedTokens: 400,
    cacheWriteTokens: 77,
  };

  it("counts all that the newest answer took, each token once", () => {
    const messages = [
      answer({ model: "a/large", usage: { inputTokens: 9, outputTokens: 9 } }),
      answer({ model: "a/small", usage }),
      answer({ role: "user" }),
      // One that has failed, or is not finished.
      answer({ model: "a/large" }),
    ];
    expect(contextUseOf(messages, models)).toEqual({ tokens: 600, limit: 1_000, percent: 60 });
    expect(contextUseOf(messages)).toEqual({ tokens: 600 });
  });

  it.each([undefined, "a/unknown", "a/other"])("knows no limit of the model %s", (model) => {
    expect(contextUseOf([answer({ model, usage })], models)).toEqual({ tokens: 600 });
  });

  it("is not known before the first answer, nor of a conversation that was shortened and not answered since", () => {
    expect(contextUseOf([], models)).toBeUndefined();
    expect(contextUseOf([answer({ role: "user" })], models)).toBeUndefined();
    const shortened = [
      answer({ model: "a/small", usage }),
      answer({ model: "a/small", usage, summary: true }),
    ];
    expect(contextUseOf(shortened, models)).toBeUndefined();
    expect(contextUseOf([...shortened, answer({ model: "a/small", usage })], models)?.percent).toBe(60);
  });
});
