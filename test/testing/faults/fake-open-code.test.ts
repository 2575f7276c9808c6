import { describe, expect, it, onTestFinished } from "vitest";
import { OpenCodeClient } from "../../../src/opencode/client.ts";
import type { Cue } from "../../../src/testing/faults/cues.ts";
import {
  type FakeOpenCode,
  type FakeOpenCodeOptions,
  startFakeOpenCode,
} from "../../../src/testing/faults/fake-open-code.ts";
import type { RecordedFrame, RecordedInfo, RecordedPart } from "../../../src/testing/faults/recording.ts";

const directory = "/work";

function frame(type: string, properties: RecordedFrame["payload"]["properties"]): RecordedFrame {
  return { directory, payload: { type, properties } };
}

const created = (id = "ses_1", more: Partial<RecordedInfo> = {}) =>
  frame("session.created", {
    sessionID: id,
    info: { id, title: "One", directory, time: { created: 1, updated: 2 }, ...more },
  });
const message = (id: string, role: string, more: Partial<RecordedInfo> = {}, sessionID = "ses_1") =>
  frame("message.updated", { sessionID, info: { id, sessionID, role, time: { created: 1 }, ...more } });
const part = (id: string, messageID: string, more: Partial<RecordedPart>, sessionID = "ses_1") =>
  frame("message.part.updated", {
    sessionID,
    part: { id, messageID, sessionID, type: "text", ...more },
  });
const status = (type: string, sessionID = "ses_1") =>
  frame("session.status", { sessionID, status: { type } });
const idle = (sessionID = "ses_1") => frame("session.idle", { sessionID });
const asked = (id: string, sessionID = "ses_1") =>
  frame("permission.asked", { id, sessionID, permission: "bash", patterns: ["ls"] });
const replied = (requestID: string, reply: string, sessionID = "ses_1") =>
  frame("permission.replied", { sessionID, requestID, reply });

/** A turn: the prompt, and an answer that is written in two pieces. */
const turn: readonly RecordedFrame[] = [
  created(),
  message("msg_1", "user"),
  part("prt_1", "msg_1", { text: "Hi" }),
  status("busy"),
  message("msg_2", "assistant", { parentID: "msg_1" }),
  part("prt_2", "msg_2", { text: "", time: { start: 1 } }),
  frame("message.part.delta", {
    sessionID: "ses_1",
    messageID: "msg_2",
    partID: "prt_2",
    field: "text",
    delta: "Hel",
  }),
  frame("message.part.delta", {
    sessionID: "ses_1",
    messageID: "msg_2",
    partID: "prt_2",
    field: "text",
    delta: "lo.",
  }),
  part("prt_2", "msg_2", { text: "Hello.", time: { start: 1, end: 2 } }),
  message("msg_2", "assistant", { parentID: "msg_1", finish: "stop", time: { created: 2, completed: 3 } }),
  status("idle"),
  idle(),
];
/** The place of the frame after the first delta. */
const MIDDLE = 7;

/** A server that plays by itself, unless `onCue` says otherwise. It is closed when the test is over. */
async function play(recording: readonly RecordedFrame[], options: FakeOpenCodeOptions = {}) {
  const cues: Cue[] = [];
  const fake: FakeOpenCode = await startFakeOpenCode({
    recording,
    onCue(cue) {
      cues.push(cue);
      fake.proceed();
    },
    ...options,
  });
  onTestFinished(() => fake.close());
  return { fake, cues };
}

const ask = async ({ url }: FakeOpenCode, path: string, body?: unknown, method = body ? "POST" : "GET") => {
  const response = await fetch(url + path, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  const text = await response.text();
  const isJson = response.headers.get("content-type") === "application/json";
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
};

/** Somebody who listens, and what he is told. */
async function listen({ url }: FakeOpenCode) {
  const response = await fetch(`${url}/global/event`);
  const told: string[] = [];
  const waiting = new Set<() => void>();
  const reading = async () => {
    let text = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const frames = (text + chunk).split("\n\n");
      text = frames.pop() ?? "";
      told.push(...frames.map((one) => JSON.parse(one.slice("data: ".length)).payload.type));
      for (const look of waiting) look();
    }
  };
  return {
    told,
    ended: reading().catch(() => {}),
    async hears(type: string) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => told.includes(type) && resolve();
      waiting.add(look);
      look();
      await promise;
    },
  };
}

describe("what the fake server has on record", () => {
  it("keeps to itself what is still being written, and nothing else", async () => {
    // Releases tell the growth of a text by deltas, by repeating the part, or both.
    const growing = part("prt_2", "msg_2", { text: "Hel", time: { start: 1 } });
    const thinking = part("prt_3", "msg_2", { type: "reasoning", text: "Hm", time: { start: 1 } });
    const tool = part("prt_4", "msg_2", { type: "tool", text: "A tool has none.", time: { start: 1 } });
    const texts: unknown[] = [];
    const { fake } = await play([...turn.slice(0, MIDDLE), growing, thinking, tool, ...turn.slice(MIDDLE)], {
      async beforeFrame(index) {
        if (index === MIDDLE + 3) texts.push(await textsOf(fake));
      },
    });
    await fake.finished;
    texts.push(await textsOf(fake));
    expect(texts).toEqual([
      [["Hi"], ["", "", "A tool has none."]],
      [["Hi"], ["Hello.", "", "A tool has none."]],
    ]);
  });

  it("gives the newest messages, oldest first", async () => {
    const { fake } = await play(turn);
    await fake.finished;
    const idsOf = async (limit: string) => {
      const { body } = await ask(fake, `/session/ses_1/message?limit=${limit}`);
      return body.map(({ info }: { info: RecordedInfo }) => info.id);
    };
    expect(await idsOf("1")).toEqual(["msg_2"]);
    expect(await idsOf("0")).toEqual([]);
    for (const all of ["9", "-1", "abc"]) expect(await idsOf(all)).toEqual(["msg_1", "msg_2"]);
  });

  it("goes by the directory of a session", async () => {
    const elsewhere = created("ses_2", { directory: "/else", time: { created: 3, updated: 4 } });
    const { fake } = await play([created(), elsewhere, status("busy", "ses_2"), asked("per_1", "ses_2")]);
    await fake.finished;
    const idsOf = async (path: string) =>
      (await ask(fake, path)).body.map(({ id }: { readonly id: string }) => id);
    expect(await idsOf("/session")).toEqual(["ses_1"]);
    expect(await idsOf("/session?directory=/else/")).toEqual(["ses_2"]);
    expect(await idsOf("/experimental/session")).toEqual(["ses_2", "ses_1"]);
    expect((await ask(fake, "/session/status")).body).toEqual({});
    expect((await ask(fake, "/session/status?directory=/else")).body).toEqual({ ses_2: { type: "busy" } });
    expect(await idsOf("/permission")).toEqual([]);
    expect(await idsOf("/permission?directory=/else")).toEqual(["per_1"]);
    expect(await ask(fake, "/permission/per_1/reply", { reply: "once" })).toMatchObject({
      status: 404,
      body: { _tag: "PermissionNotFoundError", requestID: "per_1" },
    });
    // The older route knows where the session lives.
    const reply = await ask(fake, "/session/ses_2/permissions/per_1", { response: "once" });
    expect(reply).toEqual({ status: 200, body: true });
  });

  it("still lists what an aborted turn asked, and takes a late answer", async () => {
    const error = { name: "MessageAbortedError" };
    const aborted = frame("session.error", { sessionID: "ses_1", error });
    const { fake } = await play([created(), status("busy"), asked("per_1"), aborted, status("idle"), idle()]);
    await fake.finished;
    expect((await ask(fake, "/permission")).body).toMatchObject([{ id: "per_1" }]);
    expect(await ask(fake, "/permission/per_1/reply", { reply: "once" })).toEqual({
      status: 200,
      body: true,
    });
    expect((await ask(fake, "/permission")).body).toEqual([]);
    expect((await ask(fake, "/permission/per_1/reply", { reply: "once" })).status).toBe(404);
  });

  it("forgets what was asked in a directory that is disposed of", async () => {
    const question = frame("question.asked", { id: "que_1", sessionID: "ses_1", questions: [] });
    const disposed = frame("server.instance.disposed", { directory });
    const { fake, cues } = await play([created(), asked("per_1"), question, disposed], {
      async beforeFrame(index) {
        if (index === 3) expect((await ask(fake, "/question")).body).toMatchObject([{ id: "que_1" }]);
      },
    });
    await fake.finished;
    for (const path of ["/permission", "/question"]) expect((await ask(fake, path)).body).toEqual([]);
    expect(cues).toEqual([
      { type: "create", of: "ses_1" },
      { type: "dispose", of: directory },
    ]);
  });

  it("forgets a deleted session with its subagents", async () => {
    const { fake } = await play([created(), created("ses_2", { parentID: "ses_1" })]);
    await fake.finished;
    expect(await ask(fake, "/session/ses_1", undefined, "DELETE")).toEqual({ status: 200, body: true });
    for (const path of ["/session/ses_1", "/session/ses_2/message"]) {
      const id = path.split("/")[2];
      const data = { message: `Session not found: ${id}` };
      expect(await ask(fake, path)).toEqual({ status: 404, body: { name: "NotFoundError", data } });
    }
    expect((await ask(fake, "/session/ses_1", undefined, "DELETE")).status).toBe(404);
    expect((await ask(fake, "/session/ses_1/prompt_async", { parts: [] })).status).toBe(404);
    // Of this one the real server does not mind.
    expect(await ask(fake, "/session/ses_1/abort", {})).toEqual({ status: 200, body: true });
  });

  it("shows its web page wherever it has nothing else", async () => {
    const { fake } = await play([]);
    for (const method of ["GET", "POST", "PUT"])
      expect(await ask(fake, "/v1/session", undefined, method)).toMatchObject({
        status: 200,
        body: expect.stringContaining("<!doctype html>"),
      });
  });
});

describe("what the fake server waits for", () => {
  it("is whatever somebody had to do", async () => {
    const { fake, cues } = await play([...turn, asked("per_1"), replied("per_1", "once")]);
    await fake.finished;
    expect(cues).toEqual([
      { type: "create", of: "ses_1" },
      { type: "prompt", of: "ses_1", messageId: "msg_1", partIds: ["prt_1"] },
      { type: "permission", of: "per_1" },
    ]);
  });

  it("is one answer, where the others are denied along with it", async () => {
    const denied = [asked("per_1"), asked("per_2"), replied("per_2", "reject"), replied("per_1", "reject")];
    const { fake, cues } = await play([created(), ...denied]);
    await fake.finished;
    expect(cues.map(({ of }) => of)).toEqual(["ses_1", "per_2"]);
  });

  it("is one abort, of a session and its subagents", async () => {
    const error = { name: "MessageAbortedError" };
    const stopped = ["ses_2", "ses_1"].map((sessionID) => frame("session.error", { sessionID, error }));
    const { fake, cues } = await play([created(), created("ses_2", { parentID: "ses_1" }), ...stopped]);
    await fake.finished;
    expect(cues.slice(1)).toEqual([{ type: "abort", of: "ses_1" }]);
  });

  it("is no prompt that the engine puts once more behind its summary", async () => {
    const summary = { parentID: "msg_1", summary: true, time: { created: 2, completed: 3 } };
    const { fake, cues } = await play([
      created(),
      message("msg_1", "user"),
      part("prt_1", "msg_1", { text: "Look at this" }),
      message("msg_2", "user", { time: { created: 2 } }),
      part("prt_2", "msg_2", { type: "compaction", auto: true }),
      message("msg_3", "assistant", summary),
      message("msg_4", "user", { time: { created: 4 } }),
      part("prt_4", "msg_4", { text: "Look at this [image left out]" }),
      message("msg_5", "assistant", { ...summary, parentID: "msg_4" }),
      message("msg_6", "user", { time: { created: 5 } }),
      part("prt_6", "msg_6", { text: "And this" }),
    ]);
    await fake.finished;
    expect(cues.map(({ messageId }) => messageId)).toEqual([undefined, "msg_1", "msg_6"]);
  });

  it("is done without by proceed(), also when that came before", async () => {
    const { fake, cues } = await play(turn, { onCue: undefined });
    fake.proceed();
    fake.proceed();
    await fake.finished;
    expect(cues).toEqual([]);
  });
});

describe("what is sent to the fake server", () => {
  const prompt = { messageID: "msg_mine", parts: [{ id: "prt_mine", type: "text", text: "Hi" }] };

  it("bears the ids that its client chose, and is there once however often it comes", async () => {
    const { fake } = await play(turn, { onCue: undefined });
    expect((await ask(fake, "/session", {})).body).toMatchObject({ id: "ses_1", title: "One" });
    for (const _ of [1, 2])
      expect(await ask(fake, "/session/ses_1/prompt_async", prompt)).toEqual({ status: 204, body: "" });
    await fake.finished;
    expect(Object.fromEntries(fake.names)).toEqual({ msg_1: "msg_mine", prt_1: "prt_mine" });
    expect((await ask(fake, "/session/ses_1/message")).body).toMatchObject([
      { info: { id: "msg_mine" }, parts: [{ id: "prt_mine", messageID: "msg_mine", text: "Hi" }] },
      { info: { id: "msg_2", parentID: "msg_mine" } },
    ]);
    expect((await ask(fake, "/session/ses_1/message/msg_mine")).status).toBe(200);
  });

  it("is refused where the recording has no more of it", async () => {
    const { fake } = await play([created()], { onCue: undefined });
    await ask(fake, "/session", {});
    const data = { message: expect.stringContaining("recording has no further") };
    for (const [path, body] of [
      ["/session", {}],
      ["/session/ses_1/prompt_async", prompt],
      ["/session/ses_1/summarize", {}],
      ["/session/ses_1/shell", {}],
    ] as const)
      expect(await ask(fake, path, body)).toEqual({ status: 500, body: { name: "UnknownError", data } });
    const unfit = await ask(fake, "/session/ses_1/prompt_async", { ...prompt, messageID: "mine" });
    expect(unfit).toMatchObject({ status: 400, body: { name: "BadRequest" } });
  });

  it("is answered at the end of the run by the older route, and at once if nothing runs for it", async () => {
    const note = [
      message("msg_3", "user", { time: { created: 9 } }),
      part("prt_3", "msg_3", { text: "Blue." }),
    ];
    const { fake } = await play([...turn, ...note], { onCue: undefined });
    await ask(fake, "/session", {});
    const { body } = await ask(fake, "/session/ses_1/message", prompt);
    expect(body).toMatchObject({ info: { id: "msg_2", finish: "stop" }, parts: [{ text: "Hello." }] });
    const noted = await ask(fake, "/session/ses_1/message", { noReply: true, parts: [{ type: "text" }] });
    expect(noted.body).toMatchObject({ info: { id: "msg_3" }, parts: [{ id: "prt_3", text: "Blue." }] });
  });

  describe("to stop it", () => {
    const again = [message("msg_3", "user"), part("prt_3", "msg_3", { text: "Again" }), status("busy")];
    const aborted = frame("session.error", { sessionID: "ses_1", error: { name: "MessageAbortedError" } });
    const recording = [...turn, ...again, aborted, idle()];
    const begin = turn.length;

    /** Somebody who aborts before some frames, and whenever that is waited for. */
    const abortBefore = async (aborts: readonly number[], secondPromptBefore?: number) => {
      const waited: string[] = [];
      const prompt = () => ask(fake, "/session/ses_1/prompt_async", { parts: [] });
      const abort = () => ask(fake, "/session/ses_1/abort", {});
      const { fake } = await play(recording, {
        async beforeFrame(index) {
          if (index === secondPromptBefore) await prompt();
          if (aborts.includes(index)) await abort();
        },
        onCue({ type }) {
          waited.push(type);
          if (type === "create") void ask(fake, "/session", {});
          if (type === "prompt") void prompt();
          if (type === "abort") void abort();
        },
      });
      await fake.finished;
      return waited;
    };

    it("counts for what runs, also when it comes early", async () => {
      expect(await abortBefore([])).toEqual(["create", "prompt", "prompt", "abort"]);
      expect(await abortBefore([begin + 1])).toEqual(["create", "prompt", "prompt"]);
      // The prompt was sent before the first turn was over, and is stopped before anything shows of it.
      expect(await abortBefore([begin], begin - 1)).toEqual(["create", "prompt"]);
    });

    it("does not count for what comes later", async () => {
      expect(await abortBefore([MIDDLE])).toEqual(["create", "prompt", "prompt", "abort"]);
      expect(await abortBefore([1])).toEqual(["create", "prompt", "prompt", "abort"]);
    });
  });
});

describe("the event streams of the fake server", () => {
  it("tell what is played while somebody listens", async () => {
    const listeners: Awaited<ReturnType<typeof listen>>[] = [];
    const { fake } = await play(turn, {
      async beforeFrame(index) {
        if (index === 0 || index === MIDDLE) listeners.push(await listen(fake));
      },
    });
    await fake.finished;
    await Promise.all(listeners.map((listener) => listener.hears("session.idle")));
    const types = turn.map(({ payload: { type } }) => type);
    expect(listeners.map(({ told }) => told)).toEqual([
      ["server.connected", ...types],
      ["server.connected", ...types.slice(MIDDLE)],
    ]);
    expect([fake.listeners, fake.requests]).toEqual([2, 0]);
  });

  it("are broken off where the test says so, and can be opened again at once", async () => {
    const listeners: Awaited<ReturnType<typeof listen>>[] = [];
    const { fake } = await play(turn, {
      async beforeFrame(index) {
        if (index !== 0 && index !== MIDDLE) return;
        fake.drop();
        expect(fake.listeners).toBe(0);
        listeners.push(await listen(fake));
      },
    });
    await fake.finished;
    const [first, second] = listeners;
    await Promise.all([first?.ended, second?.hears("session.idle")]);
    const types = turn.map(({ payload: { type } }) => type);
    expect(second?.told).toEqual(["server.connected", ...types.slice(MIDDLE)]);
    expect(first?.told).not.toContain("session.idle");
  });

  it("beat as often as they are told", async () => {
    const { fake } = await play([], { heartbeatMs: 1 });
    const response = await fetch(`${fake.url}/global/event`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("server.heartbeat")) text += (await reader?.read())?.value;
    const [first, second] = text.split("\n\n").map((one) => JSON.parse(one.slice("data: ".length) || "{}"));
    expect(first.payload).toMatchObject({ type: "server.connected", id: expect.stringMatching(/^evt_/) });
    expect(second.payload.id > first.payload.id).toBe(true);
    await reader?.cancel();
    await fake.quiet();
    expect(fake.listeners).toBe(0);
  });

  it("are quiet when the last of them is closed", async () => {
    const { fake } = await play([]);
    const [first, second] = [new AbortController(), new AbortController()];
    for (const { signal } of [first, second]) await fetch(`${fake.url}/global/event`, { signal });
    const quiet = fake.quiet().then(() => "quiet");
    first.abort();
    // Others come and go meanwhile.
    while (fake.listeners > 1) await ask(fake, "/global/health");
    expect(await Promise.race([quiet, ask(fake, "/global/health").then(() => "not yet")])).toBe("not yet");
    second.abort();
    expect(await quiet).toBe("quiet");
    expect([fake.listeners, fake.requests]).toEqual([0, 0]);
    await fake.quiet();
  });

  it("end with the server, and so does whatever waits", async () => {
    const { fake } = await play(turn, { onCue: undefined });
    const { ended } = await listen(fake);
    await ask(fake, "/session", {});
    const waiting = ask(fake, "/session/ses_1/message", { parts: [] }).catch((error: unknown) => error);
    await fake.close();
    await Promise.all([fake.finished, fake.quiet(), ended]);
    expect(await waiting).toBeInstanceOf(TypeError);
    await expect(ask(fake, "/global/health")).rejects.toThrow("fetch failed");
  });

  it("end with an error of beforeFrame", async () => {
    const { fake } = await play(turn, {
      async beforeFrame(index) {
        if (index === MIDDLE) throw new Error("Not this one.");
      },
    });
    await expect(fake.finished).rejects.toThrow("Not this one.");
  });
});

describe("a client that loses the connection in the middle", () => {
  it("has the whole turn in the end, wherever that was", async () => {
    const lose = async (broken: number) => {
      const { fake } = await play(turn, {
        onCue: undefined,
        beforeFrame(index) {
          if (index === broken) fake.drop();
        },
      });
      const client = new OpenCodeClient({ baseUrl: fake.url });
      onTestFinished(() => client.dispose());
      const call = client.session.prompt(await client.session.create(), "Hi");
      let told = "";
      for await (const event of call) if (event.type === "text_delta") told += event.delta;
      const { status, text } = await call.settled();
      return { broken, status, text, told };
    };
    // Before its first frame nobody listens yet.
    const places = [...turn.keys()].slice(1);
    expect(await Promise.all(places.map(lose))).toEqual(
      places.map((broken) => ({ broken, status: "completed", text: "Hello.", told: "Hello." })),
    );
  });
});

async function textsOf(fake: FakeOpenCode) {
  const messages: readonly { readonly parts: readonly RecordedPart[] }[] = (
    await ask(fake, "/session/ses_1/message")
  ).body;
  return messages.map(({ parts }) => parts.map(({ text }) => text));
}
