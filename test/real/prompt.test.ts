import { describe, expect, it } from "vitest";
import { callTool, nextStep, say, script, think, usage } from "../support/scripted-model/script.ts";
import { createWorkspace } from "../support/throwaway.ts";
import { useRealEngine } from "./engine.ts";
import { collect, foldPrompt } from "./fold.ts";

const real = useRealEngine();

describe("a prompt to the real engine", () => {
  it("streams text whose deltas are the final message", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "text" });
    const call = client.session.prompt(
      session,
      script(
        think("Hm. "),
        say("Hello from the model. 👩‍💻 äöü", { size: 3 }),
        usage({ input: 20, output: 9 }),
      ),
    );
    const events = await collect(call);
    const result = await call.settled();

    expect(result.status).toBe("completed");
    expect(foldPrompt(events)).toEqual({
      text: "Hello from the model. 👩‍💻 äöü",
      reasoning: "Hm. ",
      toolCalls: [],
    });
    expect(result.text).toBe("Hello from the model. 👩‍💻 äöü");
    expect(result.usage).toMatchObject({ inputTokens: 20, outputTokens: 9 });
    expect(events.at(-1)).toMatchObject({ type: "message_done", status: "completed" });

    const [user, assistant] = await client.session.messages(session);
    expect(user).toMatchObject({ role: "user", turnId: result.turnId, id: result.turnId });
    expect(assistant).toEqual(result.message);
    expect((await client.session.get(session)).status).toBe("completed");
  });

  it("answers every prompt of a session, one after the other", async () => {
    const client = real.client();
    const session = await client.session.create();
    for (const word of ["first", "second", "third"]) {
      expect(await client.session.prompt(session.id, script(say(word))).text()).toBe(word);
    }
    const messages = await client.session.messages(session);
    expect(messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
      "user",
      "assistant",
    ]);
  });

  it("tells a tool call from its start to its result, in the order of its steps", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "tool" });
    const prompt = script(
      say("Look. "),
      callTool("bash", { command: "echo hi", description: "say hi" }),
      nextStep(),
      say("It said hi."),
    );
    const call = client.session.prompt(session, prompt);
    const events = await collect(call);
    const { messages, toolCalls, text } = await call.result();

    expect(text).toBe("Look. It said hi.");
    expect(messages.map(({ stopReason }) => stopReason)).toEqual(["tool_calls", "stop"]);
    expect(toolCalls).toHaveLength(1);
    expect(toolCalls[0]).toMatchObject({
      name: "bash",
      status: "success",
      input: { command: "echo hi" },
      output: "hi\n",
    });
    expect(foldPrompt(events)).toEqual({ text, reasoning: "", toolCalls });
    const types = events.map(({ type }) => type).filter((type) => type.startsWith("tool_call"));
    expect(types[0]).toBe("tool_call_start");
    expect(types.at(-1)).toBe("tool_call_result");
    expect(types.filter((type) => type !== "tool_call_update")).toEqual([
      "tool_call_start",
      "tool_call_result",
    ]);
  });

  it("stores a message without running the model", async () => {
    const client = real.client();
    const session = await client.session.create();
    const asked = real.engine.model.requests.length;
    const stored = await client.message.create(session, "Remember: blue.");
    expect(stored).toMatchObject({
      role: "user",
      sessionId: session.id,
      content: { type: "text", text: "Remember: blue." },
    });
    expect(await client.session.messages(session)).toEqual([stored]);
    expect(real.engine.model.requests.length).toBe(asked);
    expect(await client.session.prompt(session, script(say("Blue."))).text()).toBe("Blue.");
  });

  it("sends a session's system prompt with its prompts", async () => {
    const client = real.client();
    const session = await client.session.create({ systemPrompt: "Answer like a pirate." });
    await client.session.prompt(session, script(say("Arr."))).text();
    expect(JSON.stringify(real.engine.model.requests.at(-1)?.body)).toContain("Answer like a pirate.");
  });

  it("takes a model by its full and by its bare name, and names those that exist for an unknown one", async () => {
    const client = real.client();
    expect(await client.session.create({ model: "local/small" })).toMatchObject({ model: "local/small" });
    const session = await client.session.create({ model: "small" });
    expect(session.model).toBe("local/small");
    await client.session.prompt(session, script(say("ok")), { model: "scripted" }).text();
    expect((await client.session.messages(session)).at(-1)).toMatchObject({ model: "local/scripted" });
    const unknown = { code: "INVALID_REQUEST", message: expect.stringMatching(/"nope".*local\/scripted/) };
    await expect(client.session.create({ model: "nope" })).rejects.toMatchObject(unknown);
    await expect(client.session.prompt(session, "x", { model: "nope" }).text()).rejects.toMatchObject(
      unknown,
    );
  });

  it("passes on what it does not know as `unknown`, and calls nothing malformed", async () => {
    await using fresh = await createWorkspace();
    const client = real.client({ workingDirectory: fresh.directory });
    const seen: string[] = [];
    const stop = client.events.subscribe((event) => {
      if (event.type === "unknown") seen.push(event.name);
    });
    // The first prompt in a directory makes the engine tell of its plugins and catalogues.
    const session = await client.session.create();
    await client.session.prompt(session, script(say("ok"))).text();
    stop();
    expect(seen).toContain("plugin.added");
    expect(real.diagnostics.filter(({ code }) => code === "malformed_event")).toEqual([]);
  });
});
