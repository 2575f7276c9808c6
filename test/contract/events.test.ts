import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EngineEvent } from "../../src/engine/events.ts";
import { collect, fold, gate, next, until, withoutBackoff } from "../hub/support.ts";
import { bytesOf, cutAt, cuttable, frame, playedBus } from "./sse.ts";
import { itFails, meansMissing, missingRoute, type Stage, type StageOptions, stage } from "./support.ts";

const session = { id: "ses_1", title: "One", engineId: "acme", createdAt: 1, updatedAt: 1, status: "idle" };
const told = { ...session, engineId: "opencode" };
const said = "Grüße, 世界 🌍!";
const user = {
  id: "msg_u",
  sessionId: "ses_1",
  role: "user",
  turnId: "msg_u",
  createdAt: 1,
  content: { type: "text", text: "Hi" },
  parts: [{ type: "text", id: "prt_u", text: "Hi" }],
};
const assistant = {
  id: "msg_a",
  sessionId: "ses_1",
  role: "assistant",
  turnId: "msg_u",
  createdAt: 2,
  content: { type: "text", text: "" },
  parts: [],
};
const delta = (offset: number, text: string) => ({
  type: "message_delta",
  sessionId: "ses_1",
  messageId: "msg_a",
  partId: "prt_1",
  kind: "text",
  offset,
  delta: text,
});
const answered = {
  ...assistant,
  completedAt: 3,
  content: { type: "text", text: said },
  parts: [{ type: "text", id: "prt_1", text: said }],
  stopReason: "stop",
};
const toolCall = {
  ...{ id: "call_1", name: "bash", input: { command: "ls" }, status: "running", outputPath: "/tmp/all" },
  attachments: [{ type: "image", url: "data:,", mimeType: "image/png", name: "a.png" }],
  mcp: { server: "github", tool: "search" },
  childSessionId: "ses_2",
};
const request = {
  permissionId: "per_1",
  sessionId: "ses_1",
  messageId: "msg_a",
  description: "Run `ls`",
  tool: "bash",
  createdAt: 2,
};
const question = {
  questionId: "que_1",
  sessionId: "ses_1",
  questions: [{ question: "Which?", options: [{ label: "A" }, { label: "B", description: "The other" }] }],
  createdAt: 2,
};
const diff = [
  { path: "a.ts", status: "modified", additions: 1, deletions: 0, patch: "+a" },
  { path: "b.ts", previousPath: "a.ts", status: "renamed", additions: 0, deletions: 0, patch: "" },
];
const todos = [{ content: "One", status: "pending", priority: "high" }];
const revert = { messageId: "msg_u", partId: "prt_u", filesRestored: false };

/** A turn as a bus tells it, from the session's creation to its rest. */
const turn = [
  { type: "session_created", session },
  { type: "message_created", message: user },
  { type: "session_updated", session: { ...session, status: "running", activity: "thinking" } },
  { type: "message_created", message: assistant },
  delta(0, "Grüße, "),
  delta(7, "世界 🌍!"),
  { type: "message_updated", message: answered },
  { type: "session_updated", session: { ...session, status: "completed" } },
];
const ready = (resumed: boolean) => frame({ type: "ready", resumed });
const wire = <Event extends { readonly type: string }>(events: readonly Event[]) =>
  events.map((event, index) => frame(event, `boot-${index + 1}`)).join("");

/** A client of a bus that the test plays, and all that it tells. */
function listening(options: StageOptions = {}) {
  const given: Stage = stage(options);
  const bus = playedBus();
  given.answer("events", bus.respond);
  given.answer("listSessions", () => Response.json([]));
  given.answer("listPermissions", () => Response.json([]));
  const events: EngineEvent[] = [];
  given.client.events.subscribe((event) => events.push(event));
  const types = () => events.map(({ type }) => type);
  /** Resolves when such an event was told. */
  const hears = (type: EngineEvent["type"]) => until(() => types().includes(type));
  return { ...given, bus, events, types, hears };
}

/** What is told of the message's text. */
const textIn = (events: readonly EngineEvent[]) =>
  events.map((event) => (event.type === "message_delta" ? event.delta : "")).join("");

const completed = (event: EngineEvent) =>
  event.type === "session_updated" && event.session.status === "completed";

describe("GET /v1/events", () => {
  it("asks for an event stream, without a cursor, and tells what happens", async () => {
    const { client, engine, sent } = stage();
    await client.connect();
    expect(sent("events")).toMatchObject([
      {
        method: "GET",
        path: "/v1/events",
        query: {},
        headers: { accept: "text/event-stream" },
        body: undefined,
      },
    ]);
    expect(sent("events")[0]?.headers).not.toHaveProperty("last-event-id");
    const created = next(client, "session_created");
    engine.emit({
      type: "session_created",
      session: { id: "ses_x", title: "X", createdAt: 1, updatedAt: 1 },
    });
    expect(await created).toMatchObject({ session: { id: "ses_x", title: "X", engineId: "opencode" } });
    expect(client.registry.get("ses_x")).toMatchObject({ title: "X" });
  });

  it("tells the same of a turn as its prompt", async () => {
    const { client } = stage({ script: () => [{ text: "Hello there" }, { tool: "bash", output: "ok" }] });
    const heard: EngineEvent[] = [];
    client.events.subscribe((event) => heard.push(event));
    const session = await client.session.create();
    const call = client.session.prompt(session, "Hi");
    expect(fold(await collect(call))).toBe("Hello there");
    expect(textIn(heard)).toBe("Hello there");
    const { turnId } = await call.result();
    expect(heard.find(({ type }) => type === "turn_ended")).toMatchObject({ turnId, status: "completed" });
    expect(client.registry.get(session)).toMatchObject({ status: "completed" });
  });

  it("tells every event of the contract", async () => {
    const { bus, events } = listening();
    const source = await bus.at(0);
    source.write(ready(false));
    const others = [
      { type: "tool_call_updated", sessionId: "ses_1", messageId: "msg_a", toolCall },
      { type: "permission_requested", ...request },
      { type: "permission_resolved", permissionId: "per_1", sessionId: "ses_1", decision: "allow" },
      { type: "question_asked", ...question },
      { type: "question_resolved", questionId: "que_1", sessionId: "ses_1" },
      { type: "file_diff", sessionId: "ses_1", messageId: "msg_u", diff },
      { type: "todo_updated", sessionId: "ses_1", todos },
      { type: "message_removed", sessionId: "ses_1", messageId: "msg_gone" },
      { type: "session_updated", session: { ...told, status: "running", activity: "tool", revert } },
    ];
    const reverted = { ...session, status: "running", activity: "tool", revert };
    const before = [
      ...turn.slice(0, 6),
      ...others.slice(0, -1),
      { type: "session_updated", session: reverted },
    ];
    source.write(wire([...before, ...turn.slice(6)]));
    source.write(wire([{ type: "session_deleted", sessionId: "ses_1" }]));
    await until(() => events.some(({ type }) => type === "session_deleted"));
    expect(events).toContainEqual({ type: "session_created", session: told });
    expect(events).toContainEqual({ type: "message_created", message: user });
    expect(events).toContainEqual(delta(7, "世界 🌍!"));
    for (const other of others) expect(events).toContainEqual(other);
    expect(events).toContainEqual({ type: "session_updated", session: { ...told, status: "completed" } });
    expect(events.at(-1)).toEqual({ type: "session_deleted", sessionId: "ses_1" });
  });

  it.each([
    ["every byte is a chunk", bytesOf(ready(false) + wire(turn))],
    [
      "every byte is a chunk, and lines end with CRLF",
      bytesOf((ready(false) + wire(turn)).replaceAll("\n", "\r\n")),
    ],
    ["there are comments between", [(ready(false) + wire(turn)).replaceAll("\n\n", "\n\n: beat\n\n:\n\n")]],
    ["there is a byte order mark", [`\uFEFF${ready(false)}${wire(turn)}`]],
    ["nothing names the events", [(ready(false) + wire(turn)).replaceAll(/event: .*\n/g, "")]],
    ["frames have no ids", [ready(false) + wire(turn).replaceAll(/id: .*\n/g, "")]],
    ["it does not begin with ready", [wire(turn)]],
    ["frames come twice", [ready(false) + wire(turn.flatMap((event) => [event, event]))]],
    [
      "null stands for what is missing, and unknown fields stand besides",
      [
        (ready(false) + wire(turn)).replaceAll(
          '"createdAt":',
          '"colour":"blue","model":null,"usage":null,"createdAt":',
        ),
      ],
    ],
  ])("means the same when %s", async (_, chunks) => {
    const { bus, events, diagnostics } = listening();
    const source = await bus.at(0);
    for (const chunk of chunks) source.write(chunk);
    await until(() => events.some(completed));
    expect(textIn(events)).toBe(said);
    expect(events.filter(({ type }) => type === "turn_ended")).toMatchObject([
      { turnId: "msg_u", status: "completed", messages: [{ content: { text: said } }] },
    ]);
    expect(diagnostics).toEqual([]);
  });

  it("means the same however it is cut", async () => {
    const { client, bus, events } = listening();
    const source = await bus.at(0);
    source.write(ready(false));
    await client.connect();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(4000), { maxLength: 40 }), fc.boolean(), async (places, crlf) => {
        run += 1;
        events.length = 0;
        // Another session each time.
        const text = wire(turn).replaceAll('"ses_1"', `"ses_${run}"`);
        for (const chunk of cutAt(crlf ? text.replaceAll("\n", "\r\n") : text, places)) source.write(chunk);
        await until(() => events.some(completed));
        expect(textIn(events)).toBe(said);
      }),
      { numRuns: 100 },
    );
  });

  it("passes on what it does not know, as it came", async () => {
    const { bus, events, diagnostics } = listening();
    const source = await bus.at(0);
    const strange = { type: "mood_changed", sessionId: "ses_1", mood: { level: 5 } };
    source.write(ready(false) + wire([strange]));
    await until(() => events.length > 0);
    expect(events).toEqual([{ type: "unknown", name: "mood_changed", sessionId: "ses_1", raw: strange }]);
    expect(diagnostics).toEqual([]);
  });

  it.each([
    ["no JSON", "event: message_delta\ndata: {broken\n\n"],
    ["a known event of another shape", frame({ type: "session_created", session: { id: 5 } })],
    ["a delta of another shape", frame({ ...delta(0, ""), offset: -1 })],
    ["an event without its type", "event: message_delta\ndata: {}\n\n"],
  ])("goes on after %s, and says so", async (_, broken) => {
    const { bus, events, diagnostics } = listening();
    const source = await bus.at(0);
    source.write(ready(false) + wire(turn.slice(0, 4)) + broken + wire(turn.slice(4)));
    await until(() => events.some(completed));
    expect(textIn(events)).toBe(said);
    expect(diagnostics).toMatchObject([{ level: "warning", code: "malformed_event" }]);
    expect(bus.opened).toHaveLength(1);
  });

  describe("after a drop", () => {
    /** A bus that told the beginning of a turn, and dropped. */
    async function dropped(how: "ends" | "breaks") {
      withoutBackoff();
      const given = listening();
      const first = await given.bus.at(0);
      first.write(ready(false) + wire(turn.slice(0, 5)));
      await given.hears("message_delta");
      const read = given.sent("listSessions").length + given.sent("getSession").length;
      if (how === "ends") first.close();
      else first.error(new TypeError("terminated"));
      const second = await given.bus.at(1);
      const rereads = () => given.sent("listSessions").length + given.sent("getSession").length - read;
      return { ...given, second, rereads };
    }

    it.each(["ends", "breaks"] as const)(
      "that %s, it asks for what follows, and reads nothing again where it gets that",
      async (how) => {
        const { second, sent, events, types, rereads } = await dropped(how);
        expect(sent("events")[1]?.headers).toMatchObject({ "last-event-id": "boot-5" });
        second.write(ready(true) + wire(turn).slice(wire(turn.slice(0, 5)).length));
        await until(() => events.some(completed));
        expect(types()).toContain("stream_gap");
        expect(textIn(events)).toBe(said);
        expect(events.find(({ type }) => type === "turn_ended")).toMatchObject({ status: "completed" });
        expect(rereads()).toBe(0);
        expect(sent("listMessages")).toEqual([]);
      },
    );

    it.each([
      ["says so", ready(false)],
      ["was started anew", frame({ type: "ready", resumed: false }, "other-0")],
      [
        "has no ready",
        frame({ type: "session_updated", session: { ...session, status: "completed" } }, "other-1"),
      ],
    ])("it reads again where the server can't go on: it %s", async (_, beginning) => {
      const { answer, second, events, hears, rereads, client } = await dropped("ends");
      answer("getSession", () => Response.json({ ...session, status: "completed" }));
      answer("listMessages", () => Response.json([user, answered]));
      second.write(beginning);
      await hears("stream_resynced");
      expect(rereads()).toBeGreaterThan(0);
      // What was missed of the text comes as one delta.
      expect(textIn(events)).toBe(said);
      expect(events.find(({ type }) => type === "turn_ended")).toMatchObject({ status: "completed" });
      expect(client.registry.get("ses_1")).toMatchObject({ status: "completed" });
    });

    it("the cursor is that of the last frame that has one", async () => {
      withoutBackoff();
      const { bus, sent, hears } = listening();
      const first = await bus.at(0);
      first.write(ready(false) + wire(turn.slice(0, 2)) + frame({ type: "mood_changed" }));
      await hears("unknown");
      first.close();
      const second = await bus.at(1);
      expect(sent("events")[1]?.headers).toMatchObject({ "last-event-id": "boot-2" });
      second.close();
      await bus.at(2);
      expect(sent("events")[2]?.headers).toMatchObject({ "last-event-id": "boot-2" });
    });

    it("a server goes on where the listener was: a prompt does not notice", async () => {
      withoutBackoff();
      const hold = gate();
      const wire = cuttable();
      const { client, sent } = stage({
        script: () => [{ text: "One " }, { wait: hold.opened }, { text: "two" }],
        client: { fetch: wire.fetch },
      });
      const session = await client.session.create();
      const call = client.session.prompt(session, "Hi");
      const events = collect(call);
      await next(client, "message_delta");
      const read = sent("getSession").length + sent("listSessions").length;
      wire.cut();
      await next(client, "stream_resynced");
      hold.open();
      expect(fold(await events)).toBe("One two");
      expect(await call.result()).toMatchObject({ text: "One two" });
      expect(sent("events")[1]?.headers).toMatchObject({
        "last-event-id": expect.stringMatching(/^[0-9a-f]{8}-\d+$/),
      });
      expect(sent("getSession").length + sent("listSessions").length).toBe(read);
    });

    it("a server that lost its own engine for a while has its listeners read again", async () => {
      withoutBackoff();
      const hold = gate();
      const { client, engine, sent } = stage({
        script: () => [{ text: "One " }, { wait: hold.opened }, { text: "two" }],
      });
      const session = await client.session.create();
      const call = client.session.prompt(session, "Hi");
      const events = collect(call);
      await next(client, "message_delta");
      const read = sent("listMessages").length;
      engine.drop();
      await next(client, "stream_resynced");
      expect(sent("listMessages").length).toBeGreaterThan(read);
      hold.open();
      expect(fold(await events)).toBe("One two");
      expect(await call.result()).toMatchObject({ text: "One two" });
    });
  });

  describe("that the server lacks", () => {
    it.each(missingRoute)("(it answers %s): prompts are read from their own answers", async (_, make) => {
      const { client, answer, sent } = stage({
        script: () => [{ reasoning: "Hm." }, { text: "Hello there" }],
      });
      answer("events", make);
      const heard: EngineEvent[] = [];
      client.events.subscribe((event) => heard.push(event));
      const session = await client.session.create();
      const call = client.session.prompt(session, "Hi");
      expect(fold(await collect(call))).toBe("Hello there");
      expect(await call.result()).toMatchObject({ status: "completed", text: "Hello there" });
      expect(textIn(heard)).toContain("Hello there");
      expect(sent("prompt")[0]?.body).not.toHaveProperty("async");
      // The next one in the same session, too.
      expect(await client.session.prompt(session, "Again").text()).toBe("Hello there");
    });

    it("is not asked to be the only one that tells a turn: no async", async () => {
      const { client, answer, sent } = stage({ client: { asyncPrompts: true } });
      answer("events", () => new Response(null, { status: 404 }));
      expect(await client.session.prompt(await client.session.create(), "Hi").text()).toBe("Mock answer.");
      expect(sent("prompt")[0]?.body).not.toHaveProperty("async");
    });
  });

  it("is one for any number of listeners, and is left with the last of them", async () => {
    const { client, sent } = stage({ client: { idleTimeout: 0 } });
    const leave = [1, 2, 3].map(() => client.events.subscribe(() => {}));
    await client.session.prompt(await client.session.create(), "Hi").text();
    expect(sent("events")).toHaveLength(1);
    for (const each of leave) each();
    expect(client.events.status.state).toBe("idle");
  });

  itFails("events", {
    call: (client) => client.connect(),
    except: meansMissing,
  });
});
