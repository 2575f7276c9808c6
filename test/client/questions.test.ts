import { describe, expect, it } from "vitest";
import { EngineError } from "../../src/engine/errors.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, next, rejection, stage, tampered } from "../hub/support.ts";

const question = [
  { question: "Which colour?", options: [{ label: "Red" }, { label: "Blue" }] },
  { question: "Which sizes?", options: [{ label: "S" }, { label: "L" }], multiple: true },
];
const asking = () => [{ question }, { text: "Noted." }];

/** A turn that waits for an answer. */
async function asked() {
  const staged = await stage(asking);
  staged.client.events.subscribe(() => {});
  const request = next(staged.client, "question_asked");
  const call = staged.client.session.prompt(staged.session, "Hi");
  return { ...staged, call, request: await request };
}

describe("client.questions", () => {
  it("lists what waits, and the turn goes on with the answers", async () => {
    const { client, session, call, request } = await asked();
    expect(client.registry.get(session)?.activity).toBe("awaiting_answer");
    const { type: _, ...waiting } = request;
    expect(await client.questions.list()).toEqual([waiting]);
    const resolved = next(client, "question_resolved");
    await client.questions.reply(request, ["Blue", ["S", "L"]]);
    expect(await resolved).toMatchObject({ questionId: request.questionId, sessionId: session.id });
    const { text, toolCalls } = await call.result();
    expect(text).toBe("Noted.");
    expect(toolCalls).toMatchObject([{ output: "Which colour? Blue\nWhich sizes? S, L", status: "success" }]);
    expect(await client.questions.list()).toEqual([]);
  });

  it("takes answers by id, own words, and none", async () => {
    const { client, call, request } = await asked();
    await client.questions.reply(request.questionId, ["Mauve", []]);
    expect((await call.result()).toolCalls[0]?.output).toBe("Which colour? Mauve\nWhich sizes?");
  });

  it("ends the turn as rejected when nobody wants to answer", async () => {
    const { client, call, request } = await asked();
    await client.questions.reject(request);
    expect(await call.settled()).toMatchObject({
      status: "rejected",
      text: "",
      toolCalls: [{ status: "error" }],
    });
  });

  it("knows a question no more that was answered, or whose turn was stopped", async () => {
    const first = await asked();
    await first.client.questions.reply(first.request, ["Red", "S"]);
    const again = first.client.questions.reply(first.request, ["Red", "S"]);
    expect(await rejection(again)).toMatchObject({ code: "QUESTION_NOT_FOUND" });
    const { client, call, request, session } = await asked();
    const dropped = next(client, "question_resolved");
    await call.abort();
    expect(await dropped).toMatchObject({ questionId: request.questionId });
    expect((await call.settled()).status).toBe("aborted");
    expect(await client.questions.list()).toEqual([]);
    expect(await rejection(client.questions.reject(request))).toMatchObject({ code: "QUESTION_NOT_FOUND" });
    expect(client.registry.get(session)?.status).toBe("idle");
  });

  it.each<[string, unknown]>([
    ["too few", ["Red"]],
    ["too many", ["Red", "S", "L"]],
    ["two where one is asked for", [["Red", "Blue"], "S"]],
    ["no list", "Red"],
  ])("refuses answers that do not fit, and the question still waits: %s", async (_, answers) => {
    const { client, call, request } = await asked();
    for (const ref of [request, request.questionId, { questionId: request.questionId }]) {
      // What code without types can pass.
      const reply = client.questions.reply(ref, answers as readonly string[]);
      expect(await rejection(reply)).toMatchObject({ code: "INVALID_REQUEST" });
    }
    expect(await client.questions.list()).toHaveLength(1);
    await client.questions.reply(request, ["Red", "S"]);
    expect((await call.result()).text).toBe("Noted.");
  });

  it("is read again after a gap, and tells the driver the session although only the id is given", async () => {
    const engine = createMockEngine(asking);
    const sessions: (string | undefined)[] = [];
    const driver = tampered(engine, (connection) => ({
      async replyQuestion(reply) {
        sessions.push(reply.sessionId);
        await connection.replyQuestion?.(reply);
        // Its answer gets lost: the second time it no longer waits.
        if (sessions.length === 1) throw new EngineError("ENGINE_UNAVAILABLE", "It broke.");
      },
    }));
    const asker = clientOf(engine);
    asker.events.subscribe(() => {});
    const session = await asker.session.create();
    const request = next(asker, "question_asked");
    const call = asker.session.prompt(session, "Hi");
    const { questionId } = await request;
    // It came when the question was asked already.
    const late = clientOf(driver);
    await late.connect();
    await late.registry.waitFor(session, ({ activity }) => activity === "awaiting_answer");
    await late.questions.reply(questionId, ["Red", "S"]);
    expect(sessions).toEqual([session.id, session.id]);
    expect((await call.result()).text).toBe("Noted.");
  });
});
