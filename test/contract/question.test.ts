import { describe, expect, it, onTestFinished } from "vitest";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import { OpenCodeClient } from "../../src/opencode/client.ts";
import type { MockStep } from "../../src/testing/mock-steps.ts";
import {
  BASE_URL,
  itFails,
  itIsAnnounced,
  meansMissing,
  oldHealth,
  plain,
  stage,
  withBody,
} from "./support.ts";

const least = { questionId: "que_1", sessionId: "ses_1", questions: [], createdAt: 1 };
const whole = {
  ...least,
  messageId: "msg_1",
  toolCallId: "call_1",
  questions: [
    {
      question: "Which?",
      header: "Choice",
      options: [{ label: "A", description: "The first" }, { label: "B" }],
    },
    { question: "What else?", options: [], multiple: true },
  ],
};

/** A session whose model asks, and the request. */
async function asking() {
  const step: MockStep = { question: whole.questions };
  const given = stage({ script: () => [step, { text: "Thanks." }] });
  const session = await given.client.session.create();
  const call = given.client.session.prompt(session, "Hi");
  for await (const event of call) {
    if (event.type === "question_asked") return { ...given, session, call, request: event };
  }
  throw new Error("It did not ask.");
}

describe("GET /v1/question", () => {
  const call = (client: ManagedEngineClient) => client.questions.list();

  it("reads what the model asked and nobody has answered", async () => {
    const { client, request, session, sent } = await asking();
    const { type: _, ...asked } = request;
    expect(asked).toMatchObject({ sessionId: session.id, questions: whole.questions });
    expect(await client.questions.list()).toEqual([asked]);
    expect(sent("listQuestions").at(-1)).toEqual(plain("GET", "/v1/question"));
  });

  it("is read with the sessions, by a client that was not there when it was asked", async () => {
    const { request } = await asking();
    const late = new OpenCodeClient({ baseUrl: BASE_URL, protocol: "v1" });
    onTestFinished(() => late.dispose());
    await late.connect();
    expect(late.registry.get(request.sessionId)).toMatchObject({ activity: "awaiting_answer" });
    const { type: _, ...asked } = request;
    expect(await late.questions.list()).toEqual([asked]);
  });

  it("takes every field; null is missing, and what is not known is left out", async () => {
    const { client, answer } = stage();
    const nulls = { messageId: null, toolCallId: null };
    answer("listQuestions", () => Response.json([whole, { ...least, ...nulls, urgency: 5 }]));
    expect(await client.questions.list()).toEqual([whole, least]);
  });

  it("does not keep sessions from being read where the engine can't list them just now", async () => {
    const { client, answer } = stage();
    const error = { code: "UNSUPPORTED", message: "This release can't list them." };
    answer("listQuestions", () => Response.json({ error }, { status: 501 }));
    const session = await client.session.create();
    expect(await client.session.get(session)).toMatchObject({ id: session.id });
    expect(await client.session.prompt(session, "Hi").text()).toBe("Mock answer.");
  });

  it("is not asked for with the sessions of an older server", async () => {
    const { client, answer, sent } = stage();
    answer("health", () => Response.json(oldHealth));
    await client.connect();
    expect(await client.session.prompt(await client.session.create(), "Hi").text()).toBe("Mock answer.");
    expect(sent("listQuestions")).toEqual([]);
  });

  itIsAnnounced("listQuestions", { call });
  itFails("listQuestions", { call, except: meansMissing });
});

describe("POST /v1/question/:id", () => {
  const call = (client: ManagedEngineClient) => client.questions.reply("que_1", ["A"]);

  it("answers", async () => {
    const { client, request, call: turn, sent, engine } = await asking();
    await client.questions.reply(request, ["A", ["x", "y"]]);
    const path = `/v1/question/${request.questionId}`;
    expect(sent("replyQuestion")).toEqual([withBody("POST", path, { answers: [["A"], ["x", "y"]] })]);
    expect(engine.calls).toContain(`answer ${request.questionId}`);
    expect(await turn.settled()).toMatchObject({ status: "completed", text: "Thanks." });
    expect(await client.questions.list()).toEqual([]);
  });

  it("rejects, and that ends the turn", async () => {
    const { client, request, call: turn, sent, engine } = await asking();
    await client.questions.reject(request);
    const path = `/v1/question/${request.questionId}`;
    expect(sent("replyQuestion")).toEqual([withBody("POST", path, { reject: true })]);
    expect(engine.calls).toContain(`reject ${request.questionId}`);
    expect((await turn.settled()).text).not.toContain("Thanks.");
    expect(await client.questions.list()).toEqual([]);
  });

  it("takes the id alone, and puts it into the path as it must be written there", async () => {
    const { client, answer, sent } = stage();
    answer("replyQuestion", () => new Response(null, { status: 204 }));
    await client.questions.reply("que/1 ?", ["A"]);
    expect(sent("replyQuestion")).toEqual([
      withBody("POST", "/v1/question/que%2F1%20%3F", { answers: [["A"]] }),
    ]);
  });

  it.each(["que_none", ".", ".."])("refused with 404: QUESTION_NOT_FOUND (%s)", async (id) => {
    const { client } = stage();
    await expect(client.questions.reply(id, ["A"])).rejects.toMatchObject({
      code: "QUESTION_NOT_FOUND",
      message: expect.stringContaining(id),
    });
  });

  it("refused with 404 what was answered", async () => {
    const { client, request } = await asking();
    await client.questions.reply(request, ["A", []]);
    await expect(client.questions.reply(request, ["A", []])).rejects.toMatchObject({
      code: "QUESTION_NOT_FOUND",
    });
  });

  it("refused with 400: more answers than questions, where only the server knows the request", async () => {
    const { request } = await asking();
    const { client } = stage();
    const late = client.questions.reply({ ...request, questions: request.questions }, ["A"]);
    await expect(late).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  it("is what is sent when nobody is there to answer", async () => {
    const { client, sent } = stage({ script: () => [{ question: whole.questions }] });
    const session = await client.session.create();
    await client.session.prompt(session, "Hi").settled();
    expect(sent("replyQuestion")).toHaveLength(1);
  });

  it("is what is sent when a policy decides", async () => {
    const { client, sent } = stage({
      script: () => [{ question: whole.questions }, { text: "Thanks." }],
      client: { questionPolicy: () => ["B", ["z"]] },
    });
    const session = await client.session.create();
    expect(await client.session.prompt(session, "Hi").text()).toBe("Thanks.");
    expect(sent("replyQuestion").map(({ body }) => body)).toEqual([{ answers: [["B"], ["z"]] }]);
  });

  itIsAnnounced("replyQuestion", { call });
  // Nothing is due, so an empty body is as good as 204, and what JSON says does not matter.
  itFails("replyQuestion", { call, except: [...meansMissing, "an empty body", "another shape"] });
});
