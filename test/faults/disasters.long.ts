import { createServer } from "node:net";
import { setTimeout } from "node:timers/promises";
import {
  type Diagnostic,
  type EngineEvent,
  OpenCodeClient,
  type OpenCodeClientOptions,
  type PromptCall,
  type PromptEvent,
  type PromptResult,
  type Session,
  type ToolCall,
} from "@quantumreef/engine-client";
import { afterEach, describe, expect, it } from "vitest";
import { foldPrompt } from "../opencode/fold-prompt.ts";
import { shown, textsOf } from "../opencode/tellings.ts";
import { type ScriptedEngine, startScriptedEngine } from "../support/engine-fixture.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode-server.ts";
import { scriptedConfig } from "../support/scripted-config.ts";
import {
  callTool,
  failWith,
  nextStep,
  repeat,
  say,
  script,
  think,
  waitForGate,
} from "../support/scripted-model/script.ts";
import { isAlive, takeSlot } from "../support/slots.ts";
import { createFolder, removeFolder } from "../support/throwaway.ts";

/** Milliseconds after which a turn must have settled whose server is back, or is another one. */
const SETTLES_WITHIN = 15_000;
const ASKS = { permission: { bash: { "*": "allow", "touch *": "ask" } } };

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  const failures: unknown[] = [];
  for (const undo of cleanup.splice(0).reverse())
    await within(60_000, "Cleaning up", undo()).catch((error: unknown) => failures.push(error));
  expect(failures).toEqual([]);
});

/** The place where a disaster happens. All that is made of it is removed after the test. */
interface Scene {
  readonly engine: ScriptedEngine;
  readonly directory: string;
  client(options?: OpenCodeClientOptions): Watched;
  /** Starts a server where the first one was, with its home or with an empty one. Resolves when it listens. */
  startAgain(home?: "same" | "empty"): Promise<OpenCodeServer>;
}

interface Watched {
  readonly client: OpenCodeClient;
  /** All that the client told its subscribers, and when. */
  readonly told: readonly (EngineEvent & { readonly at: number })[];
  /** Resolves with the next event of this kind, or with the first that was told since `since`. */
  hears(type: EngineEvent["type"], since?: number): Promise<number>;
  readonly diagnostics: readonly Diagnostic[];
}

async function openScene(): Promise<Scene> {
  // One place for all servers of the scene: who comes back must not wait for it.
  const place = await takeSlot({ timeoutMs: 300_000 });
  cleanup.push(async () => place.release());
  const folder = await createFolder("scene");
  cleanup.push(() => removeFolder(folder));
  const slot = { folder, count: 1 };
  // A server that is killed leaves its temporary files behind, 5 MB each time.
  const env = { TMPDIR: folder };
  const port = await quietPort();
  const engine = await startScriptedEngine({ config: ASKS, server: { port, slot, env } });
  cleanup.push(() => engine.stop());
  const { directory } = engine.workspace;
  const { home } = engine.server;
  const config = scriptedConfig(engine.model, ASKS);
  return {
    engine,
    directory,
    client: (options) => watch({ baseUrl: engine.url, workingDirectory: directory, ...options }),
    async startAgain(which = "same") {
      const kept = which === "same" ? { home } : {};
      const server = await startOpenCode({ cwd: directory, config, port, slot, env, ...kept });
      cleanup.push(() => server.stop());
      return server;
    },
  };
}

/** A port that is free, and stays free while its server is down: below those that connections get. */
async function quietPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const probe = createServer();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    if (await promise) return port;
  }
}

function watch(options: OpenCodeClientOptions): Watched {
  const diagnostics: Diagnostic[] = [];
  const client = new OpenCodeClient({
    onDiagnostic: (diagnostic) => void diagnostics.push(diagnostic),
    ...options,
  });
  cleanup.push(() => client.dispose());
  const told: (EngineEvent & { at: number })[] = [];
  const listeners = new Set<() => void>();
  client.events.subscribe((event) => {
    told.push({ ...event, at: performance.now() });
    for (const look of listeners) look();
  });
  const hears = (type: EngineEvent["type"], since = performance.now()) => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const look = () => {
      const heard = told.find((event) => event.type === type && event.at >= since);
      if (heard === undefined) return;
      listeners.delete(look);
      resolve(heard.at);
    };
    listeners.add(look);
    look();
    return promise;
  };
  return { client, told, hears, diagnostics };
}

interface Reading {
  readonly call: PromptCall;
  readonly events: readonly PromptEvent[];
  /** Resolves when the turn has come to the moment. */
  readonly reached: Promise<void>;
  /** Resolves when the iteration is over. */
  readonly ended: Promise<void>;
}

/** Iterates a prompt as an application does. */
function read(call: PromptCall, isMoment: (event: PromptEvent) => boolean): Reading {
  const events: PromptEvent[] = [];
  const reached = Promise.withResolvers<void>();
  reached.promise.catch(() => {});
  const iterate = async () => {
    for await (const event of call) {
      events.push(event);
      if (isMoment(event)) reached.resolve();
    }
    reached.reject(new Error(`The turn was over before: ${JSON.stringify(events.at(-1))}`));
  };
  const ended = iterate();
  ended.catch(reached.reject);
  return { call, events, reached: reached.promise, ended };
}

async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const clock = new AbortController();
  void setTimeout(ms, undefined, { signal: clock.signal }).then(
    () => late.reject(new Error(`${what} took longer than ${ms} ms.`)),
    () => {},
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clock.abort();
  }
}

/** Whoever iterated the turn has seen it as it was, and has seen its end. */
function expectToldExactly({ events }: Reading, result: PromptResult): void {
  const folded = foldPrompt(events);
  expect(shown(folded)).toEqual(textsOf(result.messages));
  expect(folded.toolCalls).toEqual(result.toolCalls);
  const texts = [...folded.texts.values()].map(({ kind, text }) => (kind === "text" ? text : ""));
  expect(result.text).toBe(texts.join(""));
  const ends = events.filter(({ type }) => type === "error" || type === "message_done");
  expect(ends).toEqual([events.at(-1)]);
  const isDone = result.status === "completed" || result.status === "rejected";
  expect(ends).toMatchObject([{ type: isDone ? "message_done" : "error", status: result.status }]);
}

/** Nothing is left of the turn in the mirror. */
function expectAtRest({ client }: Watched, session: Session, status: Session["status"]): void {
  const mirrored = client.registry.get(session);
  expect(mirrored).toMatchObject({ id: session.id, status });
  expect(mirrored).not.toHaveProperty("activity");
  expect(mirrored).not.toHaveProperty("retry");
  expect(client.registry.getSnapshot().permissions).toEqual([]);
}

async function expectAnswers({ client }: Watched, session: Session, text: string): Promise<void> {
  const call = client.session.prompt(session, script(say(text)));
  const result = await within(30_000, "The next prompt", call.settled());
  expect(result).toMatchObject({ status: "completed", text });
  expect(client.registry.get(session)?.status).toBe("completed");
}

/** What is still asked, for those who show it as they are told. */
function openRequests({ told }: Watched): readonly string[] {
  const open = new Set<string>();
  for (const event of told) {
    if (event.type === "permission_requested") open.add(event.permissionId);
    if (event.type === "permission_resolved") open.delete(event.permissionId);
    if (event.type === "question_asked") open.add(event.questionId);
    if (event.type === "question_resolved") open.delete(event.questionId);
  }
  return [...open];
}

const isUnderWay = ({ status }: ToolCall) => status === "pending" || status === "running";

/** How often the model was asked, but for titles. */
const chatsOf = ({ engine }: Scene) => engine.model.requests.filter(({ kind }) => kind === "chat").length;

/** Drops are expected; what the package itself did wrong is not. */
function expectNoMistakes({ diagnostics }: Watched): void {
  const expected = new Set(["stream_dropped", "stream_closed"]);
  expect(diagnostics.filter(({ code }) => !expected.has(code))).toEqual([]);
}

const seconds = (since: number, until = performance.now()) => `${((until - since) / 1_000).toFixed(1)} s`;

interface Moment {
  readonly prompt: string;
  isIt(event: PromptEvent): boolean;
  /** What was seen of the turn by then. */
  readonly seen: { readonly text: RegExp; readonly tools: number };
}

const bash = (command: string) => callTool("bash", { command, description: "run it" });
const speaks: Moment = {
  prompt: script(think("Let me see. "), repeat(400, "tick# ", 25)),
  isIt: (event) => event.type === "text_delta" && event.delta.includes("tick9 "),
  seen: { text: /^tick0 tick1 tick2 (?:tick\d+ )+$/, tools: 0 },
};
const speaksOn: Moment = {
  ...speaks,
  prompt: script(repeat(100, "tick# ", 25), waitForGate("on"), repeat(100, "tock# ", 25)),
};
const runsTool: Moment = {
  prompt: script(say("I run it. "), bash("echo $$ >> pids.txt; echo begun; exec sleep 600")),
  isIt: (event) => event.type === "tool_call_update" && event.toolCall.output?.includes("begun") === true,
  seen: { text: /^I run it\. $/, tools: 1 },
};
const asksPermission: Moment = {
  prompt: script(say("May I? "), bash("touch asked.txt"), nextStep(), say("I did.")),
  isIt: ({ type }) => type === "permission_requested",
  seen: { text: /^May I\? $/, tools: 1 },
};
const retries: Moment = {
  prompt: script(say("I look. "), bash("echo hi"), nextStep(), failWith(429, { retryAfter: 3_600 })),
  isIt: ({ type }) => type === "retrying",
  seen: { text: /^I look\. $/, tools: 1 },
};
const options = [
  { label: "Red", description: "warm" },
  { label: "Blue", description: "cold" },
];
const asksQuestion: Moment = {
  prompt: script(
    say("Well. "),
    callTool("question", { questions: [{ question: "Which?", header: "Colour", options }] }),
    nextStep(),
    say("Noted."),
  ),
  isIt: ({ type }) => type === "question_asked",
  seen: { text: /^Well\. $/, tools: 1 },
};

/** Tools outlive a server that is killed; here they end with the test. */
function endToolsOf({ engine }: Scene): void {
  cleanup.push(async () => {
    const pids = await engine.workspace.read("pids.txt").catch(() => "");
    for (const pid of pids.split("\n").map(Number)) if (pid > 0 && isAlive(pid)) process.kill(pid, "SIGKILL");
  });
}

/** A session in which something was answered already, and in it a turn that has come to the moment. */
async function bringTo(moment: Moment, { client }: Watched) {
  const session = await client.session.create();
  expect(await client.session.prompt(session, script(say("Warm."))).text()).toBe("Warm.");
  const reading = read(client.session.prompt(session, moment.prompt), moment.isIt);
  await within(30_000, "The turn", reading.reached);
  return { session, reading };
}

describe("a server that is killed and comes back", () => {
  it.for<[what: string, moment: Moment, downMs: number]>([
    ["speaks", speaks, 500],
    ["runs a tool", runsTool, 1_000],
    ["waits for a permission", asksPermission, 1_500],
    ["waits to ask its model again", retries, 2_000],
  ])("while it %s loses the turn, and nothing of what was seen", async ([, moment, downMs], { annotate }) => {
    const scene = await openScene();
    endToolsOf(scene);
    const watchers = [scene.client(), scene.client()];
    await watchers[0]?.client.connect();
    const turns = await Promise.all(
      watchers.map(async (watched) => ({ watched, ...(await bringTo(moment, watched)) })),
    );
    const asked = chatsOf(scene);
    await scene.engine.server.kill();
    await setTimeout(downMs);
    await scene.startAgain();
    const backAt = performance.now();
    const settling = turns.map(async ({ watched, session, reading }) => {
      const result = await reading.call.settled();
      expectAtRest(watched, session, "error");
      const resyncedAt = watched.told.find(({ type }) => type === "stream_resynced")?.at;
      await annotate(`resynced ${seconds(backAt, resyncedAt)}, lost ${seconds(backAt)} after it was back`);
      return result;
    });
    const results = await within(SETTLES_WITHIN, "Settling the lost turns", Promise.all(settling));
    for (const [index, { session, reading }] of turns.entries()) {
      const result = at(results, index);
      await within(1_000, "The end of the iteration", reading.ended);
      expect(result).toMatchObject({
        status: "lost",
        error: { code: "TURN_LOST", sessionId: session.id },
        message: { complete: false },
      });
      expect(result.text).toMatch(moment.seen.text);
      expect(result.toolCalls).toHaveLength(moment.seen.tools);
      expect(result.toolCalls.filter(isUnderWay)).toEqual([]);
      expectToldExactly(reading, result);
      const failure = { code: "TURN_LOST", result: { text: result.text } };
      await expect(reading.call.text()).rejects.toMatchObject(failure);
    }
    for (const { watched } of turns) {
      const { client, told } = watched;
      const gaps = told.filter(({ type }) => type === "stream_gap" || type === "stream_resynced");
      expect(gaps.map(({ type }) => type)).toEqual(["stream_gap", "stream_resynced"]);
      // Also of the turn that the other client has asked for.
      const running = () => client.registry.list().filter(({ status }) => status === "running");
      await expect.poll(running, { timeout: SETTLES_WITHIN }).toEqual([]);
      expect(openRequests(watched)).toEqual([]);
      expect(await client.permissions.list()).toEqual([]);
    }
    expect(chatsOf(scene)).toBe(asked);
    for (const { watched, session } of turns) {
      await expectAnswers(watched, session, "Again.");
      expectNoMistakes(watched);
    }
  });

  it("while nobody asks it anything answers the next prompt", async ({ annotate }) => {
    const scene = await openScene();
    const watchers = [scene.client(), scene.client()];
    await watchers[0]?.client.connect();
    const sessions = await Promise.all(watchers.map(({ client }) => client.session.create()));
    for (const [index, watched] of watchers.entries())
      await expectAnswers(watched, at(sessions, index), "First.");
    await scene.engine.server.kill();
    await scene.startAgain();
    const backAt = performance.now();
    for (const [index, watched] of watchers.entries()) {
      const session = at(sessions, index);
      await expectAnswers(watched, session, "Second.");
      await annotate(`answered ${seconds(backAt)} after the server was back`);
      const texts = (await watched.client.session.messages(session)).map(({ content }) => content.text);
      expect(texts).toEqual([script(say("First.")), "First.", script(say("Second.")), "Second."]);
      expectNoMistakes(watched);
    }
  });

  it.for<[when: string, where: "known" | "new" | "unmet", knows: boolean]>([
    ["when it has just died", "known", false],
    ["when it has just died, in a session that is new", "new", false],
    ["when it has just died, in a session that the client never saw", "unmet", false],
    ["when the client knows that it is down", "known", true],
    ["when the client knows that it is down, in a session that the client never saw", "unmet", true],
  ])("answers once what was asked while it was down: %s", async ([, where, knows], { annotate }) => {
    const scene = await openScene();
    const unmet = await scene.client().client.session.create();
    const watched = scene.client();
    const { client, hears } = watched;
    // The first prompt of a directory takes seconds. It opens the stream as well.
    const warm = await client.session.create();
    await expectAnswers(watched, warm, "First.");
    expect(client.registry.get(unmet)).toBeUndefined();
    const session = { known: warm, new: await client.session.create(), unmet }[where];
    const gap = hears("stream_gap");
    const killed = scene.engine.server.kill();
    if (knows) await within(5_000, "Hearing of the gap", gap);
    else expect(client.events.status.state).toBe("open");
    const prompt = script(think("Hm. "), say("Only once."));
    const reading = read(client.session.prompt(session, prompt), () => false);
    await killed;
    await setTimeout(1_500);
    await scene.startAgain();
    const backAt = performance.now();
    const result = await within(30_000, "The answer", reading.call.settled());
    await annotate(`${result.status} ${seconds(backAt)} after the server was back`);
    expect(result).toMatchObject({ status: "completed", text: "Only once." });
    await within(1_000, "The end of the iteration", reading.ended);
    expectToldExactly(reading, result);
    const earlier = [
      ["user", script(say("First."))],
      ["assistant", "First."],
    ];
    const kept = await client.session.messages(session);
    expect(kept.map(({ role, content }) => [role, content.text])).toEqual([
      ...(where === "known" ? earlier : []),
      ["user", prompt],
      ["assistant", "Only once."],
    ]);
    expect(result.messages).toEqual(kept.slice(-1));
    const asked = scene.engine.model.requests.filter((request) => request.kind === "chat");
    expect(asked.filter((request) => request.prompt.includes("Only once."))).toHaveLength(1);
    expectNoMistakes(watched);
  });
});

describe("a server that stands still for 40 s in the middle of a turn", () => {
  it.for<[what: string, beats: number]>([
    ["whose heartbeats are not known yet", 0],
    ["whose heartbeats are known", 2],
  ])("%s: the turn is told once and exactly", async ([, beats], { annotate }) => {
    const scene = await openScene();
    const { server, url, model } = scene.engine;
    const watched = scene.client();
    const { client, told } = watched;
    await client.connect();
    if (beats > 0) await within(60_000, "The heartbeats", hearBeats(url, beats));
    const { session, reading } = await bringTo(speaksOn, watched);
    process.kill(server.pid, "SIGSTOP");
    cleanup.push(async () => void (isAlive(server.pid) && process.kill(server.pid, "SIGCONT")));
    const stoppedAt = performance.now();
    const resynced = watched.hears("stream_resynced");
    await setTimeout(40_000);
    process.kill(server.pid, "SIGCONT");
    const wentOnAt = performance.now();
    // The text goes on when the client is back in the middle of it.
    if (beats > 0) await within(SETTLES_WITHIN, "Reading again", resynced);
    model.openGate("on");
    const result = await within(60_000, "The rest of the turn", reading.call.settled());
    await annotate(`settled ${seconds(wentOnAt)} after it went on`);
    await within(1_000, "The end of the iteration", reading.ended);
    const gaps = told.filter(({ type }) => type === "stream_gap");
    await annotate(
      `gaps after ${gaps.map((gap) => seconds(stoppedAt, gap.at)).join(", ") || "-"} of silence`,
    );
    if (beats > 0) expect(gaps[0]?.at).toBeLessThan(wentOnAt + 3_000);
    expect(result).toMatchObject({ status: "completed", text: `${counted("tick")}${counted("tock")}` });
    expectToldExactly(reading, result);
    // Nothing was shown behind the hole, to be taken back later.
    expect(foldPrompt(reading.events).resets).toEqual([]);
    expect(told.filter(({ type }) => type === "turn_ended")).toHaveLength(2);
    expectAtRest(watched, session, "completed");
    const kept = await scene.client().client.session.messages(session);
    expect(result.messages).toEqual(kept.slice(3));
    await expectAnswers(watched, session, "Again.");
    expectNoMistakes(watched);
  });
});

describe("a directory that the engine lets go of", () => {
  it.for<[what: string, moment: Moment]>([
    ["speaks", speaks],
    ["runs a tool", runsTool],
    ["waits for a permission", asksPermission],
    ["waits for an answer", asksQuestion],
  ])("while a turn %s ends the turn", async ([, moment], { annotate }) => {
    const isRequest = moment === asksPermission || moment === asksQuestion;
    const aborted = { status: "aborted", error: { code: "PROMPT_ABORTED" } };
    const scene = await openScene();
    endToolsOf(scene);
    const { directory } = scene;
    const watchers = [scene.client(), scene.client()];
    await watchers[0]?.client.connect();
    const turns = await Promise.all(
      watchers.map(async (watched) => ({ watched, ...(await bringTo(moment, watched)) })),
    );
    const resynced = watchers.map(({ hears }) => hears("stream_resynced"));
    const disposedAt = performance.now();
    await at(watchers, 0).client.request("POST", "/instance/dispose", { query: { directory } });
    for (const { watched, session, reading } of turns) {
      const result = await within(SETTLES_WITHIN, "Settling the turn", reading.call.settled());
      const { status, error, text } = result;
      await annotate(`${status} ${seconds(disposedAt)} after the request`);
      await within(1_000, "The end of the iteration", reading.ended);
      // Of several requests that wait the engine rejects some before it aborts their turns: it ends those itself.
      const isRejected = isRequest && status === "rejected";
      if (!isRejected) expect({ status, error }).toMatchObject(aborted);
      expect(text).toMatch(moment.seen.text);
      expectToldExactly(reading, result);
      expectAtRest(watched, session, "idle");
    }
    await within(SETTLES_WITHIN, "Reading again", Promise.all(resynced));
    await annotate(`resynced ${seconds(disposedAt)} after the request`);
    for (const { watched, session, reading } of turns) {
      const { client, told } = watched;
      const { messages } = await reading.call.settled();
      expect(messages).toEqual((await client.session.messages(session)).slice(3));
      const gaps = told.filter(({ type }) => type === "stream_gap" || type === "stream_resynced");
      expect(gaps).toMatchObject([
        { type: "stream_gap", workingDirectory: directory },
        { type: "stream_resynced", workingDirectory: directory },
      ]);
      expect(openRequests(watched)).toEqual([]);
      expect(await client.permissions.list()).toEqual([]);
      await expectAnswers(watched, session, "Again.");
      expectNoMistakes(watched);
    }
  });
});

describe("another server with nothing in it, in place of the one before", () => {
  it.for<[what: string, moment: Moment]>([
    ["speaks", speaks],
    ["waits for a permission", asksPermission],
  ])("while a turn %s: its sessions are gone", async ([, moment], { annotate }) => {
    const scene = await openScene();
    const mirror = scene.client();
    const bare = scene.client();
    await mirror.client.connect();
    const others = [await mirror.client.session.create(), await mirror.client.session.create()];
    const turns = await Promise.all(
      [mirror, bare].map(async (watched) => ({ watched, ...(await bringTo(moment, watched)) })),
    );
    const sessions = [...others, ...turns.map(({ session }) => session)];
    const waiting = mirror.client.registry.waitFor(at(others, 0), ({ status }) => status === "error");
    waiting.catch(() => {});
    await scene.engine.server.kill();
    await scene.startAgain("empty");
    const backAt = performance.now();
    for (const { session, reading } of turns) {
      const result = await within(SETTLES_WITHIN, "Settling the turn", reading.call.settled());
      await annotate(`settled ${seconds(backAt)} after the other server was there: ${result.error?.code}`);
      await within(1_000, "The end of the iteration", reading.ended);
      expect(["SESSION_NOT_FOUND", "TURN_LOST"]).toContain(result.error?.code);
      expect(["error", "lost"]).toContain(result.status);
      expect(result.text).toMatch(moment.seen.text);
      expectToldExactly(reading, result);
      expect(result.error).toMatchObject({ sessionId: session.id });
    }
    const deleted = { code: "SESSION_NOT_FOUND" };
    await expect(within(SETTLES_WITHIN, "The wait", waiting)).rejects.toMatchObject(deleted);
    const goneOf = ({ told }: Watched) =>
      told.flatMap((event) => (event.type === "session_deleted" ? [event.sessionId] : [])).toSorted();
    await expect.poll(() => goneOf(mirror), { timeout: SETTLES_WITHIN }).toEqual(idsOf(sessions));
    expect(goneOf(bare)).toContain(at(turns, 1).session.id);
    const empty = { latest: [], sessions: [], permissions: [] };
    for (const watched of [mirror, bare]) {
      expect(watched.client.registry.getSnapshot()).toMatchObject(empty);
      expect(openRequests(watched)).toEqual([]);
    }
    for (const { watched, session } of turns) {
      const { client } = watched;
      await expect(client.session.prompt(session, "Hello?").text()).rejects.toMatchObject(deleted);
      const fresh = await client.session.create();
      await expectAnswers(watched, fresh, "A new beginning.");
      expectNoMistakes(watched);
    }
  });
});

describe("a server that is gone for good", () => {
  it("ends whatever waits for it within the time that it was given, and leaves nothing behind", async ({
    annotate,
  }) => {
    const scene = await openScene();
    const before = resources();
    const watched = scene.client({ reconnectTimeout: 3_000 });
    const { client } = watched;
    await client.connect();
    const { session, reading } = await bringTo(speaks, watched);
    const other = await client.session.create();
    const unavailable = { code: "ENGINE_UNAVAILABLE" };
    const pending: Record<string, Promise<unknown>> = {
      stream: drain(client.events.stream()),
      streamOfSession: drain(client.events.stream({ sessionId: session, types: ["turn_ended"] })),
      waitFor: client.registry.waitFor(other, ({ status }) => status === "error"),
      queued: client.session.prompt(session, script(say("Never."))).text(),
    };
    const gap = watched.hears("stream_gap");
    await scene.engine.server.kill();
    const goneAt = performance.now();
    await within(3_000, "Hearing of the gap", gap);
    pending.connect = client.connect();
    pending.prompt = client.session.prompt(other, script(say("Never."))).text();
    pending.laterWait = client.registry.waitFor(other, () => false);
    const ends = Promise.all([
      ...Object.entries(pending).map(async ([name, work]) => {
        await expect(work, name).rejects.toMatchObject(unavailable);
        await annotate(`${name}: ${seconds(goneAt)}`);
      }),
      reading.call.settled().then(() => annotate(`the turn: ${seconds(goneAt)}`)),
    ]);
    await within(8_000, "The end of all that waits", ends);
    const result = await reading.call.settled();
    await within(1_000, "The end of the iteration", reading.ended);
    expect(result).toMatchObject({
      status: "lost",
      error: { code: "TURN_LOST" },
      message: { complete: false },
    });
    expect(result.text).toMatch(speaks.seen.text);
    expectToldExactly(reading, result);
    expect(client.registry.getSnapshot()).toMatchObject({ sessions: [], permissions: [] });
    expect(client.events.status).toMatchObject({ state: "closed" });
    // Whoever asks now is told at once.
    await expect(within(2_000, "connect()", client.connect())).rejects.toMatchObject(unavailable);
    const late = client.session.prompt(session, "Hello?").settled();
    expect(await within(2_000, "The late prompt", late)).toMatchObject({
      status: "error",
      error: unavailable,
    });
    expect(await client.health()).toMatchObject({ ok: false });
    await within(3_000, "dispose()", client.dispose());
    await scene.engine.model.close();
    expect(await settledResources(before)).toEqual(before);
    expectNoMistakes(watched);
  });
});

describe("a client that is disposed", () => {
  it.for<[what: string, end: (server: OpenCodeServer) => Promise<void>]>([
    ["is gone", (server) => server.kill()],
    ["stands still", async ({ pid }) => void process.kill(pid, "SIGSTOP")],
  ])("while its server %s ends whatever waits, and leaves nothing behind", async ([, end], { annotate }) => {
    const scene = await openScene();
    const { server, model } = scene.engine;
    const before = resources();
    const watched = scene.client();
    const { client } = watched;
    await client.connect();
    const { session, reading } = await bringTo(speaks, watched);
    const other = await client.session.create();
    const gap = watched.hears("stream_gap");
    cleanup.push(async () => void (isAlive(server.pid) && process.kill(server.pid, "SIGCONT")));
    await end(server);
    if (!isAlive(server.pid)) await within(3_000, "Hearing of the gap", gap);
    const pending: Record<string, Promise<unknown>> = {
      waitFor: client.registry.waitFor(other, () => false),
      prompt: client.session.prompt(other, script(say("Never."))).text(),
      queued: client.session.prompt(session, script(say("Never."))).text(),
    };
    const lists = [client.session.list(), client.permissions.list()].map((call) => call.catch(() => {}));
    const stream = drain(client.events.stream({ sessionId: session }));
    const disposedAt = performance.now();
    const ends = Promise.all([
      ...Object.entries(pending).map(([name, work]) =>
        expect(work, name).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE" }),
      ),
      ...lists,
      stream,
      reading.ended,
      client.dispose(),
    ]);
    await within(4_000, "The end of all that waits", ends);
    await annotate(`all was over ${seconds(disposedAt)} after dispose()`);
    const result = await reading.call.settled();
    expect(result).toMatchObject({ status: "error", error: { code: "ENGINE_UNAVAILABLE" } });
    expect(result.text).toMatch(speaks.seen.text);
    expect(result.message?.complete).toBe(false);
    expectToldExactly(reading, result);
    if (isAlive(server.pid)) process.kill(server.pid, "SIGCONT");
    await server.stop();
    await model.close();
    expect(await settledResources(before)).toEqual(before);
    expectNoMistakes(watched);
  });
});

const counted = (word: string) => Array.from({ length: 100 }, (_, i) => `${word}${i} `).join("");

/** Resolves after so many heartbeats of the engine, on a connection of its own. */
async function hearBeats(url: string, count: number): Promise<void> {
  const leave = new AbortController();
  const response = await fetch(`${url}/global/event`, { signal: leave.signal });
  let heard = "";
  for await (const bytes of response.body ?? []) {
    heard += new TextDecoder().decode(bytes);
    if (heard.split('"server.heartbeat"').length > count) break;
  }
  leave.abort();
}

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

const idsOf = (sessions: readonly Session[]) => sessions.map(({ id }) => id).toSorted();

/** What keeps this process alive, as far as clients have to do with such things. */
function resources(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo())
    if (/Timeout|Immediate|TCP(?!Server)|TLS|HTTP|GetAddrInfo/.test(name))
      counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** The runner has timers of its own: looks a few times. */
async function settledResources(expected: Readonly<Record<string, number>>) {
  for (let round = 0; round < 20; round += 1) {
    if (JSON.stringify(resources()) === JSON.stringify(expected)) break;
    await setTimeout(50);
  }
  return resources();
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`There is nothing at ${index}.`);
  return found;
}
