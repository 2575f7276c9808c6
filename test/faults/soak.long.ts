import { createServer, type ServerResponse } from "node:http";
import {
  createEngineClient,
  type DriverEvent,
  type DriverEventStream,
  type DriverItem,
  type DriverPart,
  type EngineCapabilities,
  type EngineConnection,
  type EngineDriver,
  EngineError,
  type EngineEvent,
  type FileDiff,
  type ManagedEngineClient,
  type Message,
  OpenCodeClient,
  sessionIdOf,
  type ToolCall,
} from "@quantumreef/engine-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { until } from "../hub/support.ts";

const MB = 2 ** 20;
/** How much the process may grow between the first look and the last. */
const GROWTH = 64 * MB;
const AT_WORK = 40;
/** At rest are more than the 256 whose newest turn is remembered. */
const SESSIONS = 8 * AT_WORK;
const WATCHED = 100;

describe("one client for a long time", () => {
  it("takes 2,000,000 events from its driver and does not grow", async () => {
    const story = new Story();
    const told = Promise.withResolvers<void>();
    const looks: Look[] = [];
    async function* play({ signal }: { readonly signal: AbortSignal }): AsyncGenerator<DriverItem> {
      for (const event of story.tell(2_000_000)) {
        yield { event };
        // As a socket does: a chunk of it, and then everybody else.
        if (story.events % 200 === 0) await turnOfLoop();
        // What is kept for good is there by then: 1.8 MB came between the 100,000th and this one, none in 8,000,000 more.
        if (story.events === 500_000) looks.push(await look(audience));
      }
      looks.push(await look(audience));
      told.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    }
    const audience = new Audience(story);
    const client = createEngineClient(driverOf(play), { onDiagnostic: audience.onDiagnostic });
    onTestFinished(() => client.dispose());
    const begun = performance.now();
    audience.take(client);
    await client.connect();
    await told.promise;
    report("driver", story.events, performance.now() - begun, looks);
    await audience.expectAllTold(client);
    // Measured: -0.3 MB.
    expectFlat(looks, 1.5 * MB);
  });

  it("takes 300,000 frames over HTTP as fast as they come and does not grow", async () => {
    const story = new Story();
    const begin = Promise.withResolvers<void>();
    const told = Promise.withResolvers<void>();
    const looks: Look[] = [];
    let frames = 0;
    const url = await serve(async (response) => {
      const send = (text: string) => response.write(text) || new Promise((go) => response.once("drain", go));
      await send(frameOf({ type: "server.connected", properties: {} }, 0));
      await begin.promise;
      let chunk = "";
      for (const event of story.tell(Number.POSITIVE_INFINITY)) {
        for (const payload of toNative(event)) {
          frames += 1;
          chunk += frameOf(payload, frames);
          if (frames === 300_000) story.end();
        }
        if (chunk.length < 16_384) continue;
        await send(chunk);
        chunk = "";
        if (looks.length === 0 && frames > 50_000) looks.push(await look(audience));
      }
      await send(chunk);
      looks.push(await look(audience));
      told.resolve();
    });
    const audience = new Audience(story);
    const client = new OpenCodeClient({ baseUrl: url, onDiagnostic: audience.onDiagnostic });
    onTestFinished(() => client.dispose());
    audience.take(client);
    await client.connect();
    const started = performance.now();
    begin.resolve();
    await told.promise;
    report("HTTP", frames, performance.now() - started, looks);
    await audience.expectAllTold(client);
    // Measured: 1.1 to 1.7 MB. Node's own part of it is not as steady.
    expectFlat(looks, 4 * MB);
  });
});

interface Look {
  readonly rss: number;
  readonly heapUsed: number;
}

/** After everybody has caught up, and everything that can be collected is. */
async function look(audience: Audience): Promise<Look> {
  if (globalThis.gc === undefined) throw new Error("Run this with --expose-gc.");
  await audience.caughtUp();
  for (let round = 0; round < 5; round += 1) {
    await pause(20);
    // It gives back what it does not need; else RSS tells how much was needed at some time.
    globalThis.gc({ flavor: "last-resort" });
  }
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heapUsed };
}

/** What lives grows by less than the process: what is kept of sessions is bounded, and there at the first look. */
function expectFlat([first, last]: readonly Look[], heap: number): void {
  if (first === undefined || last === undefined) throw new Error("Nobody looked.");
  expect(last.rss - first.rss).toBeLessThan(GROWTH);
  expect(last.heapUsed - first.heapUsed).toBeLessThan(heap);
}

function report(name: string, events: number, ms: number, looks: readonly Look[]): void {
  const memory = looks.map(
    ({ rss, heapUsed }) => `RSS ${(rss / MB).toFixed(1)} MB, heap ${(heapUsed / MB).toFixed(1)} MB`,
  );
  const pace = Math.round((events / ms) * 1_000);
  const peak = (process.resourceUsage().maxRSS / 1_024).toFixed(1);
  process.stderr.write(
    `${name}: ${events} in ${Math.round(ms)} ms, ${pace} a second; ${memory.join(" -> ")}; peak ${peak} MB\n`,
  );
}

/** Everybody who listens: a reader, a slow one, a lazy one, a handler that always throws, watchers, and a screen. */
class Audience {
  readonly reader = new Reader();
  readonly #lazy = new Reader();
  readonly #story: Story;
  readonly #mistake = new Error("mine");
  readonly #readers: Promise<unknown>[] = [];
  #thrown = 0;
  #reported = 0;
  #overflows = 0;
  #watched = 0;
  #misled = 0;
  #renders = 0;
  #merged = 0;
  /** What the slow and the lazy have read. */
  #slowly = 0;
  readonly #others: unknown[] = [];

  constructor(story: Story) {
    this.#story = story;
  }

  readonly onDiagnostic = (diagnostic: { readonly code: string; readonly cause?: unknown }): void => {
    if (diagnostic.code === "handler_threw" && diagnostic.cause === this.#mistake) this.#reported += 1;
    else this.#others.push(diagnostic);
  };

  take(client: ManagedEngineClient): void {
    client.events.subscribe(() => {
      this.#thrown += 1;
      throw this.#mistake;
    });
    client.registry.subscribe(() => {
      this.#renders += client.registry.getSnapshot().latest.length > 0 ? 1 : 0;
    });
    this.#readers.push(this.#read(client), this.#readSlowly(client), this.#readLazily(client));
    for (let place = 0; place < WATCHED; place += 1) this.#readers.push(this.#watch(client, place));
  }

  async expectAllTold(client: ManagedEngineClient): Promise<void> {
    const { reader } = this;
    const { marks, turns, texts } = this.#story;
    expect(reader.mistakes).toEqual([]);
    expect({ marks: reader.marks, turns: reader.turns, texts: reader.texts }).toEqual({
      marks,
      turns,
      texts,
    });
    expect(reader.unfinished).toBe(0);
    expect(this.#thrown).toBeGreaterThan(marks / 2);
    expect(this.#reported).toBe(this.#thrown);
    expect(this.#others).toEqual([]);
    expect(this.#overflows).toBeGreaterThan(0);
    expect(this.#watched).toBeGreaterThan(0);
    expect(this.#misled).toBe(0);
    expect(this.#renders).toBeGreaterThan(turns);
    expect(client.registry.list()).toHaveLength(SESSIONS);
    expect(client.registry.getSnapshot().permissions).toEqual([]);
    await client.dispose();
    await Promise.all(this.#readers);
    expect(this.#lazy.mistakes).toEqual([]);
    expect(this.#lazy.texts).toBeGreaterThan(0);
    expect(this.#merged).toBeGreaterThan(0);
  }

  /** Nothing waits for anybody: what waits for the slow would be taken for growth. */
  async caughtUp(): Promise<void> {
    await until(() => this.reader.marks === this.#story.marks);
    for (let before = -1; before < this.#slowly; ) {
      before = this.#slowly;
      await pause(100);
    }
  }

  async #read(client: ManagedEngineClient): Promise<void> {
    for await (const event of client.events.stream()) this.reader.take(event);
  }

  /** Falls behind, is told so, and begins anew. */
  async #readSlowly(client: ManagedEngineClient): Promise<void> {
    for (;;) {
      let last = 0;
      try {
        for await (const event of client.events.stream()) {
          const mark = event.type === "unknown" ? Number(event.name) : last;
          if (mark < last) this.#misled += 1;
          last = mark;
          this.#slowly += 1;
          if (this.#slowly % 50 === 0) await pause(1);
        }
        return;
      } catch (error) {
        // The client was disposed in between.
        if (EngineError.is(error, "ENGINE_UNAVAILABLE")) return;
        if (!EngineError.is(error, "EVENT_OVERFLOW")) throw error;
        this.#overflows += 1;
      }
    }
  }

  /** Reads one session as slowly, but that has pauses: what it has to say meanwhile becomes few events. */
  async #readLazily(client: ManagedEngineClient): Promise<void> {
    for await (const event of client.events.stream({ sessionId: this.#story.sessions[0] ?? "" })) {
      this.#lazy.fold(event);
      if (event.type === "message_delta" && marksIn(event.delta).length > 1) this.#merged += 1;
      this.#slowly += 1;
      await pause(2);
    }
  }

  /** Watches whichever session is in a place, one after the other. */
  async #watch(client: ManagedEngineClient, place: number): Promise<void> {
    for (;;) {
      const sessionId = this.#story.sessions[place] ?? "";
      let isDeleted = false;
      for await (const event of client.events.stream({ sessionId })) {
        this.#watched += 1;
        if (sessionIdOf(event) !== sessionId && sessionIdOf(event) !== undefined) this.#misled += 1;
        isDeleted = event.type === "session_deleted";
        if (isDeleted) break;
      }
      if (!isDeleted) return;
    }
  }
}

/** Folds what it reads, and sees to it that all marks come, one after the other. */
class Reader {
  marks = 0;
  turns = 0;
  texts = 0;
  readonly mistakes: string[] = [];
  readonly #titles = new Map<string, string>();
  readonly #texts = new Map<string, string>();

  get unfinished(): number {
    return this.#texts.size;
  }

  take(event: EngineEvent): void {
    for (const mark of this.#marksOf(event)) {
      if (mark !== this.marks + 1) this.#mistake(`${event.type}: ${mark} after ${this.marks}`);
      this.marks = mark;
    }
    this.fold(event);
  }

  fold(event: EngineEvent): void {
    if (event.type === "message_delta") {
      const { partId, offset, delta } = event;
      const text = this.#texts.get(partId) ?? "";
      if (text.length !== offset) this.#mistake(`${partId}: ${offset} after ${text.length}`);
      this.#texts.set(partId, text + delta);
    } else if (event.type === "turn_ended") {
      this.turns += 1;
      for (const message of event.messages) this.#compare(message);
    }
  }

  #compare({ parts = [] }: Message): void {
    for (const part of parts) {
      if (part.type !== "text" && part.type !== "reasoning") continue;
      const text = this.#texts.get(part.id) ?? "";
      if (text !== part.text) this.#mistake(`${part.id}: ${text} is not ${part.text}`);
      if (this.#texts.delete(part.id)) this.texts += 1;
    }
  }

  #marksOf(event: EngineEvent): readonly number[] {
    switch (event.type) {
      case "message_delta":
        return marksIn(event.delta);
      case "session_created":
      case "session_updated": {
        const { id, title } = event.session;
        const isNew = this.#titles.get(id) !== title;
        this.#titles.set(id, title);
        return isNew ? marksIn(title) : [];
      }
      case "session_deleted":
        this.#titles.delete(event.sessionId);
        return [];
      case "message_created":
        return [event.message.createdAt];
      case "message_updated":
        return event.message.completedAt === undefined ? [] : [event.message.completedAt];
      case "tool_call_updated":
        // Of a call that was cut off with its turn nothing new is told.
        return event.toolCall.status === "error" ? [] : marksIn(event.toolCall.title ?? "");
      case "permission_requested":
        return marksIn(event.permissionId);
      case "file_diff":
        return marksIn(event.diff[0]?.patch ?? "");
      case "unknown":
        return marksIn(event.name);
      default:
        return [];
    }
  }

  #mistake(what: string): void {
    if (this.mistakes.length < 10) this.mistakes.push(what);
  }
}

function marksIn(text: string): readonly number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}

/**
 * What happens in an engine in which many work at once. Whatever is to be told bears a mark: 1, 2, 3 and so on.
 * Sessions have many turns and are deleted then, and others take their places.
 */
class Story {
  events = 0;
  marks = 0;
  turns = 0;
  /** Parts that grew. */
  texts = 0;
  /** By place. */
  readonly sessions: string[];
  /** By place: how many turns are to come before the session there is deleted. */
  readonly #left: number[] = [];
  #ids = 0;
  #seed = 1;
  #isEnding = false;

  constructor() {
    this.sessions = Array.from({ length: SESSIONS }, () => this.#id("ses"));
  }

  /** Begins nothing more. */
  end(): void {
    this.#isEnding = true;
  }

  *tell(count: number): Generator<DriverEvent> {
    for (const [place, id] of this.sessions.entries()) yield* this.#counted(this.#create(place, id));
    const work = Array.from({ length: AT_WORK }, (_, worker) => this.#work(worker));
    while (work.length > 0) {
      if (this.events >= count) this.end();
      const at = this.#roll(work.length);
      const next = work[at]?.next();
      if (next === undefined || next.done) work.splice(at, 1);
      else yield* this.#counted([next.value]);
    }
  }

  *#counted(events: Iterable<DriverEvent>): Generator<DriverEvent> {
    for (const event of events) {
      this.events += 1;
      yield event;
    }
  }

  /** Each worker has places of its own, so that no session has two turns at once. */
  *#work(worker: number): Generator<DriverEvent> {
    while (!this.#isEnding) {
      const place = worker + AT_WORK * this.#roll(SESSIONS / AT_WORK);
      const left = this.#left[place] ?? 0;
      const sessionId = this.sessions[place] ?? "";
      this.#left[place] = left - 1;
      if (left > 0) yield* this.#turn(sessionId);
      else {
        const id = this.#id("ses");
        // Before the end of the other is told: who watches the place looks at once what is there.
        this.sessions[place] = id;
        yield { type: "session_deleted", sessionId };
        yield* this.#create(place, id);
      }
    }
  }

  *#create(place: number, id: string): Generator<DriverEvent> {
    // Every other one is there from the beginning to the end, and has a hundred turns.
    this.#left[place] = place % 2 === 0 ? Number.POSITIVE_INFINITY : 1 + this.#roll(8);
    yield { type: "session_created", session: this.#session(id) };
  }

  *#turn(sessionId: string): Generator<DriverEvent> {
    const turnId = this.#id("msg");
    const where = { sessionId, messageId: this.#id("msg") };
    yield { type: "session_status", sessionId, running: true };
    const asked = { id: turnId, sessionId, role: "user", turnId, createdAt: this.#mark() } as const;
    const part = { type: "text", id: this.#id("prt"), text: "Go on." } as const;
    yield { type: "message_updated", message: { ...asked, parts: [{ part, complete: true }] } };
    const answer = {
      id: where.messageId,
      sessionId,
      role: "assistant",
      turnId,
      createdAt: this.#mark(),
    } as const;
    yield { type: "message_updated", message: answer };
    for (let step = this.#roll(4); step >= 0; step -= 1) {
      yield { type: "step_started", ...where };
      yield* this.#write("reasoning", where, this.#roll(8), true);
      yield* this.#write("text", where, 4 + this.#roll(30), true);
      if (step > 0) yield* this.#run(where, this.#roll(3) === 0, true);
    }
    const isAborted = this.#roll(8) === 0;
    if (isAborted) {
      yield* this.#write("text", where, 3, false);
      yield* this.#run(where, true, false);
    }
    const error = { code: "PROMPT_ABORTED", message: "Somebody stopped it." };
    const end = isAborted ? { error } : { stopReason: "stop" };
    yield { type: "message_updated", message: { ...answer, completedAt: this.#mark(), ...end } };
    yield { type: "session_updated", session: this.#session(sessionId) };
    if (this.#roll(3) === 0) yield { type: "file_diff", sessionId, diff: [this.#diff()] };
    if (this.#roll(2) === 0) yield { type: "unknown", sessionId, name: String(this.#mark()), raw: {} };
    this.turns += 1;
    yield { type: "session_status", sessionId, running: false };
  }

  *#write(
    type: "text" | "reasoning",
    where: Where,
    deltas: number,
    isFinished: boolean,
  ): Generator<DriverEvent> {
    const id = this.#id("prt");
    let text = "";
    yield { type: "part_updated", ...where, part: { type, id, text }, complete: false };
    for (let count = 0; count < deltas; count += 1) {
      const delta = `${this.#mark()} ${"and so on ".slice(this.#roll(9))}`;
      text += delta;
      yield { type: "part_delta", ...where, partId: id, delta };
    }
    if (deltas > 0) this.texts += 1;
    if (isFinished) yield { type: "part_updated", ...where, part: { type, id, text }, complete: true };
  }

  *#run(where: Where, asks: boolean, isFinished: boolean): Generator<DriverEvent> {
    const { sessionId, messageId } = where;
    const partId = this.#id("prt");
    const call = { id: this.#id("call"), name: "bash", input: { command: "ls" } };
    const tell = (state: Pick<ToolCall, "status" | "output">): DriverEvent => {
      const toolCall: ToolCall = { ...call, ...state, title: `List ${this.#mark()}` };
      return { type: "part_updated", ...where, part: { type: "tool", id: partId, toolCall }, complete: true };
    };
    yield tell({ status: "pending" });
    yield tell({ status: "running" });
    if (asks) {
      const permissionId = `per_${this.#mark()}`;
      const request = { permissionId, sessionId, messageId, toolCallId: call.id, createdAt: 1 };
      yield { type: "permission_requested", request: { ...request, description: "Run `ls`", tool: "bash" } };
      if (isFinished) yield { type: "permission_resolved", permissionId, sessionId, decision: "allow" };
    }
    if (!isFinished) return;
    const line = "drwxr-xr-x 2 somebody somebody 4096 a-folder\n";
    yield tell({ status: "running", output: line });
    yield tell({ status: "success", output: line.repeat(this.#roll(100)) });
  }

  #session(id: string) {
    const mark = this.#mark();
    return {
      id,
      title: `Session ${mark}`,
      createdAt: mark,
      updatedAt: mark,
      workingDirectory: "/home/somebody",
    };
  }

  #diff(): FileDiff {
    const patch = `@@\n+${this.#mark()}\n`;
    return { path: "list.txt", status: "added", additions: 1, deletions: 0, patch };
  }

  #mark(): number {
    this.marks += 1;
    return this.marks;
  }

  #id(kind: string): string {
    this.#ids += 1;
    return `${kind}_${this.#ids}`;
  }

  /** Numbers that look random, and are the same in every run. */
  #roll(below: number): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#seed / 2 ** 32) * below);
  }
}

interface Where {
  readonly sessionId: string;
  readonly messageId: string;
}

function driverOf(play: (options: { readonly signal: AbortSignal }) => DriverEventStream): EngineDriver {
  const none = async (): Promise<never> => {
    throw new EngineError("UNSUPPORTED", "This engine only tells.");
  };
  const connection: EngineConnection = {
    version: "soak",
    events: async (options) => play(options),
    close: async () => {},
    health: async () => ({ ok: true, latencyMs: 0 }),
    snapshot: async () => [],
    createSession: none,
    messages: none,
    prompt: none,
    abort: none,
  };
  const capabilities: EngineCapabilities = {
    storeMessage: false,
    urlAttachments: false,
    permissions: false,
    reviewEdits: false,
    promptTools: false,
    diff: false,
    summarize: false,
    questions: false,
    updateSession: false,
    unarchive: false,
    deleteSession: false,
    fork: false,
    revert: false,
    todo: false,
    mcp: false,
    models: false,
    commands: false,
    providers: false,
    agents: false,
    variants: false,
    request: false,
  };
  return { id: "soak", name: "Soak", capabilities, connect: async () => connection };
}

interface Payload {
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** As OpenCode says it. */
function toNative(event: DriverEvent): readonly Payload[] {
  switch (event.type) {
    case "session_created":
    case "session_updated": {
      const { id, title, createdAt: created, updatedAt: updated, workingDirectory } = event.session;
      const info = { id, title, directory: workingDirectory, time: { created, updated } };
      return durable(event.type.replace("_", "."), { sessionID: id, info });
    }
    case "session_deleted":
      return durable("session.deleted", { info: { id: event.sessionId } });
    case "session_status": {
      const sessionID = event.sessionId;
      const status = { type: event.running ? "busy" : "idle" };
      const told = { type: "session.status", properties: { sessionID, status } };
      return event.running ? [told] : [told, { type: "session.idle", properties: { sessionID } }];
    }
    case "message_updated": {
      const {
        id,
        sessionId: sessionID,
        role,
        turnId,
        createdAt,
        completedAt,
        stopReason,
        error,
      } = event.message;
      const info = {
        ...{ id, sessionID, role, time: { created: createdAt, completed: completedAt }, finish: stopReason },
        ...(role === "user" ? {} : { parentID: turnId, providerID: "local", modelID: "scripted" }),
        ...(error && { error: { name: "MessageAbortedError", data: { message: error.message } } }),
      };
      const where = { sessionID, messageID: id };
      const parts = event.message.parts ?? [];
      return [
        durable("message.updated", { sessionID, info }),
        ...parts.map((part) => nativePart(where, part)),
      ].flat();
    }
    case "part_updated":
      return nativePart({ sessionID: event.sessionId, messageID: event.messageId }, event);
    case "step_started": {
      const part = {
        id: `prt_step`,
        sessionID: event.sessionId,
        messageID: event.messageId,
        type: "step-start",
      };
      return durable("message.part.updated", { sessionID: event.sessionId, part });
    }
    case "part_delta": {
      const { sessionId: sessionID, messageId: messageID, partId: partID, delta } = event;
      return [
        { type: "message.part.delta", properties: { sessionID, messageID, partID, field: "text", delta } },
      ];
    }
    case "permission_requested": {
      const {
        permissionId: id,
        sessionId: sessionID,
        messageId: messageID,
        toolCallId: callID,
        tool,
      } = event.request;
      const properties = { id, sessionID, permission: tool, patterns: ["ls"], tool: { messageID, callID } };
      return [{ type: "permission.asked", properties }];
    }
    case "permission_resolved": {
      const { permissionId: requestID, sessionId: sessionID } = event;
      return [{ type: "permission.replied", properties: { sessionID, requestID, reply: "once" } }];
    }
    case "file_diff": {
      const diff = event.diff.map(({ path: file, ...rest }) => ({ file, ...rest }));
      return [{ type: "session.diff", properties: { sessionID: event.sessionId, diff } }];
    }
    case "unknown":
      return [{ type: event.name, properties: { sessionID: event.sessionId } }];
    default:
      throw new Error(`Nothing is said of ${event.type} here.`);
  }
}

function nativePart(where: { readonly sessionID: string; readonly messageID: string }, told: DriverPart) {
  const { part, complete } = told;
  const { id, type } = part;
  const own = { id, ...where, type };
  const { sessionID } = where;
  if (part.type === "tool") {
    const { id: callID, name: tool, input, status, title, output } = part.toolCall;
    const state = { status: status === "success" ? "completed" : status, input, title, output };
    return durable("message.part.updated", { sessionID, part: { ...own, callID, tool, state } });
  }
  const text = "text" in part ? part.text : "";
  const time = { start: 1, ...(complete ? { end: 2 } : {}) };
  return durable("message.part.updated", { sessionID, part: { ...own, text, time } });
}

/** What the engine keeps it tells twice. */
function durable(type: string, properties: Payload["properties"]): readonly Payload[] {
  return [
    { type, properties },
    { type: "sync", properties },
  ];
}

function frameOf({ type, properties }: Payload, id: number): string {
  const payload = type === "sync" ? { type, syncEvent: properties } : { id: `evt_${id}`, type, properties };
  return `data: ${JSON.stringify({ directory: "/home/somebody", project: "p", payload })}\n\n`;
}

/** A server that has an event stream and nothing else to say. Resolves with its address. */
async function serve(stream: (response: ServerResponse) => Promise<void>): Promise<string> {
  const answers: Readonly<Record<string, unknown>> = {
    "/global/health": { healthy: true, version: "1.18.33" },
    "/experimental/session": [],
    "/session/status": {},
    "/permission": [],
    "/question": [],
  };
  const server = createServer((request, response) => {
    const [path = ""] = (request.url ?? "").split("?");
    if (path === "/global/event") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      void stream(response);
    } else {
      response.writeHead(path in answers ? 200 : 404, { "content-type": "application/json" });
      response.end(JSON.stringify(answers[path] ?? {}));
    }
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
