import { describe, expect, it } from "vitest";
import { chunk, steps } from "./script.ts";
import { run, useFake } from "./support.ts";

const all = { loadSession: true, sessionCapabilities: { list: {}, resume: {}, close: {}, delete: {} } };
const listed = (id: string, updatedAt: string) => ({ sessionId: id, cwd: "/", title: `Of ${id}`, updatedAt });
const history = [
  chunk("user_message_chunk", "First", "u1"),
  chunk("agent_thought_chunk", "Hm."),
  {
    sessionUpdate: "tool_call",
    toolCallId: "c1",
    title: "ls",
    kind: "execute",
    status: "completed",
    rawOutput: "a",
  },
  chunk("agent_message_chunk", "One."),
  chunk("user_message_chunk", "Second", "u2"),
  chunk("agent_message_chunk", "Two."),
];

describe("sessions of an agent that keeps them", () => {
  it("are listed page by page, read, and gone on with", async () => {
    const pages = [
      { sessions: [listed("a", "2026-01-01T00:00:00Z")], nextCursor: "1" },
      { sessions: [listed("b", "2026-01-02T00:00:00Z")], nextCursor: null },
    ];
    const { client } = await useFake({ capabilities: all, pages, history });
    expect((await client.session.list()).map(({ id, title }) => [id, title])).toEqual([
      ["b", "Of b"],
      ["a", "Of a"],
    ]);
    const messages = await client.session.messages("a");
    expect(messages.map(({ id, role, turnId, content }) => [id, role, turnId, content.text])).toEqual([
      ["u1", "user", "u1", "First"],
      ["u1.answer", "assistant", "u1", "One."],
      ["u2", "user", "u2", "Second"],
      ["u2.answer", "assistant", "u2", "Two."],
    ]);
    expect(messages[1]?.toolCalls).toMatchObject([{ id: "c1", status: "success", output: "a" }]);
    expect((await run(client, { id: "a" }, "Third")).result).toMatchObject({ text: "Third" });
    expect(await client.session.messages("a")).toHaveLength(6);
    await client.session.delete("b");
    await expect(client.session.get("none")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  it("are let go when they take too much memory, and read again when they are needed", async () => {
    const { client } = await useFake({ capabilities: all, history }, { keep: 0.0001 });
    const [one, two] = [await client.session.create(), await client.session.create()];
    await run(client, one, steps({ big: 80 }));
    await run(client, two, steps({ big: 80 }));
    // Of the first one there is now what the agent tells of it.
    expect((await client.session.messages(one)).map(({ id }) => id)).toEqual([
      "u1",
      "u1.answer",
      "u2",
      "u2.answer",
    ]);
  });
});

describe("sessions of an agent that can do nothing with them", () => {
  it("are kept here, as long as it lives", async () => {
    const { client } = await useFake();
    const session = await client.session.create({ title: "Mine" });
    await run(client, session, "Hello");
    expect(await client.session.list()).toMatchObject([
      { id: session.id, title: "Mine", status: "completed" },
    ]);
    expect((await client.session.messages(session)).map(({ content }) => content.text)).toEqual([
      "Hello",
      "Hello",
    ]);
    await expect(client.session.delete(session)).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(await client.health()).toMatchObject({ ok: true });
  });

  it("can be read after it died, and not gone on with", async () => {
    const { client } = await useFake();
    const session = await client.session.create();
    await run(client, session, steps({ text: "Half" }, { exit: 1 }));
    expect((await client.session.messages(session)).at(-1)).toMatchObject({ content: { text: "Half" } });
    const again = client.session.prompt(session, "Hello").result();
    await expect(again).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect((await run(client, await client.session.create(), "New")).result.text).toBe("New");
  });
});

describe("what a session is set to", () => {
  const option = (id: string, category: string, currentValue: string, values: readonly string[]) => ({
    id,
    name: id,
    category,
    type: "select",
    currentValue,
    options: values.map((value) => ({ value, name: value.toUpperCase() })),
  });

  it("is chosen by configuration options", async () => {
    const configOptions = [
      option("m", "model", "p/a", ["p/a", "p/b"]),
      option("k", "mode", "ask", ["ask", "code"]),
      option("e", "thought_level", "low", ["low", "high"]),
    ];
    const { client } = await useFake({ settings: { configOptions } });
    const session = await client.session.create({ model: "b" });
    const call = client.session.prompt(session, steps({ log: true }), { agent: "code", variant: "high" });
    const log = await call.text();
    for (const [id, value] of [
      ["m", "p/b"],
      ["k", "code"],
      ["e", "high"],
    ])
      expect(log).toContain(JSON.stringify(`"configId":"${id}","value":"${value}"`).slice(1, -1));
    expect(await client.models.list()).toMatchObject([
      { id: "p/a", variants: ["low", "high"] },
      { id: "p/b" },
    ]);
  });

  it("is chosen by the requests of older agents, and refused where there is none", async () => {
    const modes = {
      currentModeId: "ask",
      availableModes: [
        { id: "ask", name: "Ask" },
        { id: "code", name: "Code" },
      ],
    };
    const models = {
      currentModelId: "a",
      availableModels: [
        { modelId: "a", name: "A" },
        { modelId: "b", name: "B" },
      ],
    };
    const { client } = await useFake({ settings: { modes, models } });
    const session = await client.session.create();
    const first = await client.session
      .prompt(session, steps({ log: true }), { agent: "code", model: "b" })
      .text();
    expect(first).toMatch(
      /session\/set_model.*\\"modelId\\":\\"b\\".*session\/set_mode.*\\"modeId\\":\\"code\\"/,
    );
    // What was asked for one prompt is not asked for the next.
    const second = await client.session.prompt(session, steps({ log: true })).text();
    expect(second).toMatch(/\\"modelId\\":\\"a\\".*\\"modeId\\":\\"ask\\"/);
    const wrong = client.session.prompt(session, "x", { model: "c" }).result();
    await expect(wrong).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining("a, b"),
    });
    const none = client.session.prompt(session, "x", { variant: "high" }).result();
    await expect(none).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});

it("says once what the protocol has no place for, and takes what is attached as the agent can", async () => {
  const { client, diagnostics } = await useFake({
    capabilities: { promptCapabilities: { embeddedContext: true } },
  });
  const session = await client.session.create();
  for (const _ of [1, 2])
    await client.session.prompt(session, "Hi", { temperature: 0, systemPrompt: "Be." }).result();
  expect(diagnostics.filter(({ code }) => code === "option_ignored")).toHaveLength(2);
  const text = new Blob(["text"], { type: "text/plain" });
  const log = await client.session.prompt(session, [steps({ log: true }), text, { path: "a.txt" }]).text();
  expect(log).toMatch(/\\"resource\\".*\\"text\\":\\"text\\"/);
  expect(log).toContain("resource_link");
  const image = new Blob([Uint8Array.of(137, 80, 78, 71)], { type: "image/png" });
  await expect(client.session.prompt(session, ["x", image]).result()).rejects.toMatchObject({
    code: "UNSUPPORTED",
  });
});
