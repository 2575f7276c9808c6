import type { ManagedEngineClient, QuestionRequest } from "@quantumreef/engine-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { callTool, nextStep, say, script } from "../support/scripted-model/script.ts";
import { createWorkspace } from "../support/throwaway.ts";
import { useRealEngine } from "./engine.ts";

// Subagents may ask people only where the configuration says so.
const real = useRealEngine({ config: { agent: { general: { permission: { question: "allow" } } } } });

const colour = {
  question: "Which colour?",
  header: "Colour",
  options: [
    { label: "Red", description: "warm" },
    { label: "Blue", description: "cold" },
  ],
};
const sizes = {
  question: "Which sizes?",
  header: "Size",
  multiple: true,
  options: [
    { label: "S", description: "small" },
    { label: "L", description: "large" },
  ],
};
const asking = script(callTool("question", { questions: [colour, sizes] }), nextStep(), say("Noted."));

/** A turn that waits for an answer. */
async function ask(client: ManagedEngineClient, workingDirectory?: string) {
  const session = await client.session.create({ workingDirectory });
  const { promise, resolve } = Promise.withResolvers<QuestionRequest>();
  client.events.subscribe((event) => {
    if (event.type === "question_asked" && event.sessionId === session.id) resolve(event);
  });
  const call = client.session.prompt(session, asking);
  return { session, call, request: await promise };
}

describe("questions of the real engine", () => {
  it("are listed while they wait, and the model goes on with the answers", async () => {
    const client = real.client();
    const { session, call, request } = await ask(client);
    expect(request).toMatchObject({ sessionId: session.id, questions: [colour, sizes] });
    expect(client.registry.get(session)?.activity).toBe("awaiting_answer");
    expect(await client.questions.list()).toMatchObject([
      { questionId: request.questionId, sessionId: session.id, questions: [colour, sizes] },
    ]);
    const resolved = new Promise((resolve) => {
      client.events.subscribe((event) => event.type === "question_resolved" && resolve(event));
    });
    await client.questions.reply(request, ["Blue", ["S", "L"]]);
    expect(await resolved).toMatchObject({ questionId: request.questionId, sessionId: session.id });
    const result = await call.result();
    expect(result.text).toBe("Noted.");
    expect(result.toolCalls).toMatchObject([{ name: "question", status: "success" }]);
    expect(result.toolCalls[0]?.output).toContain('"Which colour?"="Blue"');
    expect(result.toolCalls[0]?.output).toContain('"Which sizes?"="S, L"');
    expect(await client.questions.list()).toEqual([]);
  });

  it("take the person's own words, and none", async () => {
    const client = real.client();
    const { call, request } = await ask(client);
    await client.questions.reply(request.questionId, ["Rather mauve", []]);
    const { toolCalls } = await call.result();
    expect(toolCalls[0]?.output).toContain('"Which colour?"="Rather mauve"');
    expect(toolCalls[0]?.output).toContain('"Which sizes?"="Unanswered"');
  });

  it("end the turn when they are rejected", async () => {
    const client = real.client();
    const { session, call, request } = await ask(client);
    await client.questions.reject(request);
    const result = await call.settled();
    expect(result).toMatchObject({ status: "rejected", text: "" });
    expect(result.toolCalls).toMatchObject([{ status: "error" }]);
    expect((await client.session.get(session)).status).toBe("idle");
  });

  it("are not answered twice, nor after the turn", async () => {
    const client = real.client();
    const { call, request } = await ask(client);
    await client.questions.reply(request, ["Red", "S"]);
    await call.settled();
    const late = { code: "QUESTION_NOT_FOUND", message: expect.stringContaining(request.questionId) };
    await expect(client.questions.reply(request, ["Red", "S"])).rejects.toMatchObject(late);
    await expect(client.questions.reject(request.questionId)).rejects.toMatchObject(late);
    await expect(client.questions.reply("nothing", ["Red"])).rejects.toMatchObject({
      code: "QUESTION_NOT_FOUND",
    });
    const stopped = await ask(client);
    await stopped.call.abort();
    await stopped.call.settled();
    // The engine keeps it for ever, and would say "true" to an answer.
    expect(await client.questions.list()).toEqual([]);
    const newcomer = real.client();
    const heard: string[] = [];
    newcomer.events.subscribe(({ type }) => heard.push(type));
    await newcomer.connect();
    await newcomer.registry.waitFor(stopped.session, ({ status }) => status === "idle");
    expect(heard).not.toContain("question_asked");
    await expect(client.questions.reply(stopped.request, ["Red", "S"])).rejects.toMatchObject({
      code: "QUESTION_NOT_FOUND",
    });
  });

  it("refuse answers that do not fit, and still wait", async () => {
    const client = real.client();
    const { call, request } = await ask(client);
    const refused = { code: "INVALID_REQUEST" };
    await expect(client.questions.reply(request, ["Red"])).rejects.toMatchObject(refused);
    await expect(client.questions.reply(request.questionId, ["Red", "S", "x"])).rejects.toMatchObject(
      refused,
    );
    await expect(client.questions.reply(request, [["Red", "Blue"], "S"])).rejects.toMatchObject(refused);
    expect(await client.questions.list()).toHaveLength(1);
    await client.questions.reply(request, ["Red", "S"]);
    await call.result();
  });

  it("of another directory are answered by another client, who has only the id", async () => {
    const workspace = await createWorkspace({ git: true, files: { "a.txt": "a\n" } });
    onTestFinished(() => workspace[Symbol.asyncDispose]());
    const [asker, other] = [real.client(), real.client()];
    await other.connect();
    const { call, request, session } = await ask(asker, workspace.directory);
    await other.registry.waitFor(session, ({ activity }) => activity === "awaiting_answer");
    expect(await other.questions.list()).toMatchObject([{ questionId: request.questionId }]);
    await other.questions.reply(request.questionId, ["Red", ["L"]]);
    expect((await call.result()).text).toBe("Noted.");
  });

  it("of a subagent reach who prompts its parent", async () => {
    const client = real.client();
    const session = await client.session.create();
    const task = { description: "Ask", prompt: asking, subagent_type: "general" };
    const call = client.session.prompt(session, script(callTool("task", task), nextStep(), say("Done.")));
    const sessions: string[] = [];
    for await (const event of call) {
      if (event.type !== "question_asked") continue;
      sessions.push(event.sessionId);
      expect(await client.questions.list()).toMatchObject([{ questionId: event.questionId }]);
      await client.questions.reply(event, ["Red", ["S"]]);
    }
    const [child] = await client.session.children(session);
    expect(sessions).toEqual([child?.id]);
    expect((await call.result()).text).toBe("Done.");
  });

  it("are answered by a policy, and decided by the model itself where nobody is there", async () => {
    const client = real.client();
    const session = await client.session.create({
      questionPolicy: ({ questions }) =>
        questions.map(({ options }) => options.map(({ label }) => label).slice(0, 1)),
    });
    const { toolCalls } = await client.session.prompt(session, asking).result();
    expect(toolCalls[0]?.output).toContain('"Which colour?"="Red"');
    expect(toolCalls[0]?.output).toContain('"Which sizes?"="S"');

    const alone = await client.session.prompt(await client.session.create(), asking).result();
    expect(alone.text).toBe("Noted.");
    expect(alone.toolCalls[0]?.output).toContain("Nobody is there to answer questions in this run");
    expect(client.questions.decisions().map(({ by }) => by)).toEqual(["function", "nobody"]);
  });
});
