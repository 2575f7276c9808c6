import type { IncomingMessage, ServerResponse } from "node:http";
import type { Cue } from "./cues.ts";
import { fakePrompts } from "./fake-prompts.ts";
import { fakeReads } from "./fake-reads.ts";
import { FakeRecords } from "./fake-records.ts";
import { fakeReplies } from "./fake-replies.ts";
import { badRequest, type FakeAnswer, type FakeEngine, findRoute, notRecorded } from "./fake-routes.ts";
import { fakeSessions } from "./fake-sessions.ts";
import { FakeStreams } from "./fake-streams.ts";
import type { RecordedFrame } from "./recording.ts";
import { Replay } from "./replay.ts";

export interface FakeOpenCodeOptions {
  /** What it plays, frame by frame. Default: nothing ever happens. */
  readonly recording?: readonly RecordedFrame[] | undefined;
  /** Milliseconds between the heartbeats of an event stream. Default: 10000. */
  readonly heartbeatMs?: number | undefined;
  /** Default: `"1.18.33"`. */
  readonly version?: string | undefined;
  /** The directory of requests that name none. Default: the one where the recording begins. */
  readonly directory?: string | undefined;
  /** Told of each frame that waits for somebody to cause it, when it is due. Default: nobody is told. */
  readonly onCue?: ((cue: Cue) => void) | undefined;
  /** Comes before each frame, with its place in the recording; a promise holds the frame back. Default: none. */
  readonly beforeFrame?: ((index: number) => Promise<void> | void) | undefined;
}

/** A server that plays what OpenCode once said, and answers as OpenCode would have answered at that moment. */
export interface FakeOpenCode {
  /** On loopback, at a free port. */
  readonly url: string;
  /** How many requests are under way, event streams not counted. */
  readonly requests: number;
  /** How many event streams are open. */
  readonly listeners: number;
  /** The ids that clients chose for what they sent, by the recorded ones in whose place they stand. */
  readonly names: ReadonlyMap<string, string>;
  /** Resolves when the recording is played to its end, or the server was closed; rejects when `beforeFrame` does. */
  readonly finished: Promise<void>;
  /** Goes on without the cause that is waited for; if none is, without the next that would be. */
  proceed(): void;
  /** Breaks off all event streams. What is played until a client is back, it has missed. */
  drop(): void;
  /** Resolves when no request is under way and no event stream is open. */
  quiet(): Promise<void>;
  /** Ends everything that is open, and frees the port. */
  close(): Promise<void>;
}

const ROUTES = [...fakeReads, ...fakeSessions, ...fakePrompts, ...fakeReplies];
const PAGE = "<!doctype html><title>OpenCode</title>";

/**
 * Starts a server that plays recorded (or made up) traffic of OpenCode's own protocol to the real client, for tests of
 * what happens when the connection breaks in the middle of it: whatever was missed can be read again. Needs Node.
 *
 * It answers what a client asks for: sessions, messages, statuses, and what waits for an answer. A frame that somebody
 * had to cause waits until it is caused again; then it goes on as it once went, whatever was sent.
 */
export async function startFakeOpenCode(options: FakeOpenCodeOptions = {}): Promise<FakeOpenCode> {
  const { createServer } = await import("node:http");
  const { recording = [], heartbeatMs = 10_000, version = "1.18.33", onCue, beforeFrame } = options;
  const { directory = directoryOf(recording) } = options;
  const streams = new FakeStreams(heartbeatMs);
  const records = new FakeRecords();
  const underWay = new Set<ServerResponse>();
  const waiting = new Set<() => void>();

  const server = createServer((request, response) => {
    const isStream = request.method === "GET" && pathOf(request) === "/global/event";
    if (isStream) streams.open(response);
    else underWay.add(response);
    response.once("close", () => {
      underWay.delete(response);
      if (underWay.size === 0 && streams.size === 0) for (const resolve of waiting) resolve();
    });
    if (!isStream) void respond(request, response, engine);
  });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;

  const tell = (frame: string) => streams.tell(frame);
  const replay = new Replay({ frames: recording, records, tell, onCue, beforeFrame });
  const models = modelsOf(recording);
  const engine: FakeEngine = { version, directory, models, records, replay, posted: new Set() };

  return {
    url: `http://127.0.0.1:${port}`,
    names: replay.names,
    finished: replay.finished,
    get requests() {
      return underWay.size;
    },
    get listeners() {
      return streams.size;
    },
    proceed: () => replay.proceed(),
    drop: () => streams.drop(),
    async quiet() {
      if (underWay.size === 0 && streams.size === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      await promise;
      waiting.delete(resolve);
    },
    async close() {
      replay.stop();
      streams.drop();
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      await promise;
    },
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  engine: FakeEngine,
): Promise<void> {
  const answer = await answerTo(request, engine).catch((cause: unknown) => notRecorded(String(cause)));
  if (answer === undefined) {
    response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
  } else if (answer.body === undefined) response.writeHead(answer.status).end();
  else {
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(JSON.stringify(answer.body));
  }
}

async function answerTo(request: IncomingMessage, engine: FakeEngine): Promise<FakeAnswer | undefined> {
  const text = await read(request);
  const { method = "", headers } = request;
  const found = findRoute(ROUTES, method, pathOf(request));
  if (found === undefined) return undefined;
  const body: unknown = parse(text);
  if (typeof body !== "object" || body === null) return badRequest("Expected an object", "Body");
  const query = new URL(request.url ?? "", "http://localhost").searchParams;
  const named = query.get("directory") ?? headers["x-opencode-directory"];
  const directory = typeof named === "string" ? decodeURIComponent(named) : engine.directory;
  const { id, other, answer } = found;
  return answer({ id, other, query, directory: normal(directory), body: { ...body } }, engine);
}

async function read(request: IncomingMessage): Promise<string> {
  let text = "";
  request.setEncoding("utf8");
  for await (const chunk of request) text += chunk;
  return text;
}

/** `undefined` for what is no JSON; of nothing an empty object. */
function parse(text: string): unknown {
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pathOf({ url = "" }: IncomingMessage): string {
  return url.replace(/[?#].*$/s, "");
}

function normal(directory: string): string {
  return directory.replace(/(?<=.)\/+$/, "");
}

function directoryOf(recording: readonly RecordedFrame[]): string {
  const info = recording.find(({ payload: { type } }) => type === "session.created")?.payload.properties
    ?.info;
  return info?.directory ?? "/";
}

/** What answered in it can be used. */
function modelsOf(recording: readonly RecordedFrame[]): readonly string[] {
  const names = recording.flatMap(({ payload }) => {
    const { providerID, modelID } = payload.properties?.info ?? {};
    return providerID !== undefined && modelID !== undefined ? [`${providerID}/${modelID}`] : [];
  });
  return [...new Set(names)];
}
