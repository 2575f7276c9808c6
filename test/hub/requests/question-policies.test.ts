import { describe, expect, it, vi } from "vitest";
import type { DecisionRecord, QuestionPolicy } from "../../../src/engine/policy.ts";
import { createMockEngine, type MockScript } from "../../../src/testing/mock-engine.ts";
import { clientOf, collect, next, settle, stage, stoppedClock, until } from "../support.ts";

const colour = { question: "Which colour?", options: [{ label: "Red" }, { label: "Blue" }] };
const sizes = { question: "Which sizes?", options: [{ label: "S" }, { label: "L" }], multiple: true };
const asking: MockScript = () => [{ question: [colour, sizes] }, { text: "Noted." }];

describe("a policy for questions", () => {
  it("answers without a person, and is noted", async () => {
    const told: DecisionRecord[] = [];
    const { client, session } = await stage(asking, {
      questionPolicy: ({ questions }) => questions.map(({ options }) => options[0]?.label ?? ""),
      onDecision: (record) => told.push(record),
    });
    const call = client.session.prompt(session, "Hi");
    const events = await collect(call);
    expect(events.filter(({ type }) => type === "question_asked")).toEqual([]);
    expect((await call.result()).toolCalls).toMatchObject([{ output: "Which colour? Red\nWhich sizes? S" }]);
    expect(told).toMatchObject([
      { type: "question", sessionId: session.id, answers: [["Red"], ["S"]], by: "function" },
    ]);
    expect(client.questions.decisions()).toEqual(told);
    expect(client.permissions.decisions()).toEqual([]);
  });

  it("may reject, and leave it to a person, who is shown it then", async () => {
    const { client, session } = await stage(asking, { questionPolicy: () => "reject" });
    expect(await client.session.prompt(session, "Hi").settled()).toMatchObject({
      status: "rejected",
      text: "",
    });
    expect(client.questions.decisions()).toMatchObject([{ by: "function" }]);
    expect(client.questions.decisions()[0]).toHaveProperty("answers", undefined);

    const asked = client.session.prompt(session, "Hi", { questionPolicy: () => "ask" });
    for await (const event of asked) {
      if (event.type === "question_asked") await client.questions.reply(event, ["Blue", []]);
    }
    expect(await asked.text()).toBe("Noted.");
    expect(client.questions.decisions().at(-1)).toMatchObject({ by: "person", answers: [["Blue"], []] });
  });

  it.each<[string, () => unknown]>([
    ["throws", () => Promise.reject(new Error("Boom"))],
    ["answers too little", () => ["Red"]],
    ["answers with no answers", () => "Red"],
    ["answers with numbers", () => [1, 2]],
  ])("that %s is reported, and the default counts", async (_, decide) => {
    // Code without types can do anything.
    const questionPolicy = { decide, defaultDecision: ["Blue", ["S", "L"]] } as QuestionPolicy;
    const { client, session, diagnostics } = await stage(asking, { questionPolicy });
    expect(await client.session.prompt(session, "Hi").text()).toBe("Noted.");
    expect(client.questions.decisions()).toMatchObject([{ by: "default", answers: [["Blue"], ["S", "L"]] }]);
    expect(diagnostics).toMatchObject([{ code: "policy_failed" }]);
  });

  it("has a deadline for its function and for people", async () => {
    stoppedClock();
    const { client, session } = await stage(asking);
    client.events.subscribe(() => {});
    for (const questionPolicy of [
      { decide: () => new Promise<"ask">(() => {}), deadline: 500 },
      { deadline: 500 },
    ]) {
      const asked = next(client, "question_asked");
      const settled = client.session.prompt(session, "Hi", { questionPolicy }).settled();
      await asked;
      await vi.advanceTimersByTimeAsync(499);
      expect(client.registry.get(session)?.activity).toBe("awaiting_answer");
      await vi.advanceTimersByTimeAsync(1);
      expect(await settled).toMatchObject({ text: "" });
    }
    expect(client.questions.decisions()).toMatchObject([{ by: "default" }, { by: "default" }]);
  });

  it.each<[string, unknown]>([
    ["for questions is a function", ["Red"]],
    ["its decide is 1", { decide: 1 }],
    ["Answers are a list", { defaultDecision: "Red" }],
  ])("is refused if it is none: %s", async (message, given) => {
    const questionPolicy = given as QuestionPolicy;
    expect(() => clientOf(createMockEngine(), { questionPolicy })).toThrow(
      expect.objectContaining({ code: "INVALID_REQUEST", message: expect.stringContaining(message) }),
    );
  });
});

describe("questions that nobody answers", () => {
  it("are answered so that the model decides by itself, and a script does not hang", async () => {
    const { client, session } = await stage(asking);
    const result = await client.session.prompt(session, "Hi").result();
    expect(result.text).toBe("Noted.");
    expect(result.toolCalls[0]?.output).toContain("Nobody is there to answer questions");
    expect(client.questions.decisions()).toMatchObject([{ by: "nobody" }]);
  });

  it("of somebody else's turn wait for him", async () => {
    const { client, engine, session } = await stage(asking);
    const other = clientOf(engine);
    const asked = next(other, "question_asked");
    const call = other.session.prompt(session, "Hi");
    await client.connect();
    const event = await asked;
    await settle();
    expect(engine.calls.filter((one) => /^(answer|reject)/.test(one))).toEqual([]);
    await other.questions.reply(event, ["Red", []]);
    await call.result();
  });

  it("wait for whoever hears of them", async () => {
    const { client, engine, session } = await stage(asking);
    let isAsked = false;
    client.events.subscribe(({ type }) => {
      isAsked ||= type === "question_asked";
    });
    const call = client.session.prompt(session, "Hi");
    await until(() => isAsked);
    await settle();
    expect(engine.calls.filter((one) => /^(answer|reject)/.test(one))).toEqual([]);
    await call.abort();
  });
});
