import type { DriverReport, EngineConnection } from "../engine/driver.ts";
import { EngineError } from "../engine/errors.ts";
import type { Http } from "../http.ts";
import { pathOf, V1Calls } from "./calls.ts";
import { readCapabilities } from "./capabilities.ts";
import { v1Catalogue } from "./catalogue.ts";
import { decodeSession } from "./decode.ts";
import { Feed } from "./feed.ts";
import { pathTo } from "./paths.ts";
import { V1Prompts } from "./prompts.ts";
import { healthSchema, summarySchema } from "./schema/answer.ts";
import { SESSION_PAGES } from "./schema/capabilities.ts";
import type { CreateSessionBody, PermissionReplyBody, QuestionReplyBody } from "./schema/request.ts";
import { sessionSchema } from "./schema/session.ts";
import { v1Sessions } from "./sessions.ts";

export interface V1Options {
  readonly http: Http;
  readonly version: string;
  readonly report: DriverReport;
  /** Milliseconds until the event stream must have begun. */
  readonly connectTimeout: number;
  /** The longest silence on the server's streams, in milliseconds, if it says so. */
  readonly heartbeatMs?: number | undefined;
  /** As the server tells them; it may tell some only. */
  readonly capabilities?: Readonly<Record<string, boolean>> | undefined;
  /** Where sessions are created by default. */
  readonly workingDirectory?: string | undefined;
  /** For new sessions. */
  readonly model?: string | undefined;
  /** Edits and writes ask first, in sessions that do not say otherwise. Only where the server can. */
  readonly reviewEdits: boolean;
  readonly asyncPrompts: boolean;
}

/** Milliseconds that a model may take over a summary. Node's fetch gives up on an answer after 300 s. */
const SUMMARY_MS = 290_000;

/** One life of the wire to a server of the `/v1` contract. */
export function createV1Connection(options: V1Options): EngineConnection {
  const { http, report, asyncPrompts } = options;
  const life = new AbortController();
  const capabilities = readCapabilities(options.capabilities);
  const calls = new V1Calls(http, capabilities);
  const feed = new Feed(options);
  const prompts = new V1Prompts({ http, report, calls, feed, asyncPrompts, life: life.signal });

  return {
    version: options.version,
    capabilities,
    events: ({ after, signal }) => feed.open(after, AbortSignal.any([signal, life.signal])),
    async close() {
      life.abort(new EngineError("ENGINE_UNAVAILABLE", "The connection was closed."));
    },
    async health({ signal }) {
      const started = performance.now();
      const answer = await calls.optional("health", () =>
        http.json("GET", pathTo("health"), healthSchema, { signal }),
      );
      if (answer === undefined) await calls.sessions(signal);
      const ok = answer?.value.ok ?? true;
      const error = ok ? {} : { error: "The server says that it is not healthy." };
      return { ok, latencyMs: performance.now() - started, ...error };
    },
    snapshot: (request) => calls.snapshot(request),
    async createSession({ title, model = options.model, systemPrompt, signal, ...create }) {
      const { workingDirectory = options.workingDirectory } = create;
      // What is not asked for is not said: a server may not know the field.
      const { reviewEdits = options.reviewEdits || undefined } = create;
      const body: CreateSessionBody = { title, model, workingDirectory, systemPrompt, reviewEdits };
      const { value } = await http.json("POST", pathTo("createSession"), sessionSchema, { body, signal });
      return decodeSession(value);
    },
    messages: (sessionId, call) => calls.messages(sessionId, call),
    prompt: async (request) => prompts.send(request),
    async abort(sessionId, { signal }) {
      await http.send("DELETE", pathOf("abort", sessionId), { signal });
    },
    storeMessage: (sessionId, content, { signal }) => prompts.store(sessionId, content, signal),
    listPermissions: ({ signal }) => calls.permissions(signal),
    replyPermission({ permissionId, decision, message, signal }) {
      const body: PermissionReplyBody = { decision, message };
      return calls.send("replyPermission", permissionId, { body, signal });
    },
    listQuestions: ({ signal }) => calls.questions(signal),
    replyQuestion({ questionId, answers, signal }) {
      const body: QuestionReplyBody =
        answers === undefined ? { reject: true } : { answers: answers.map((answer) => [...answer]) };
      return calls.send("replyQuestion", questionId, { body, signal });
    },
    async summarize(sessionId, { signal }) {
      const timeout = Math.max(http.timeout, SUMMARY_MS);
      return (await calls.read("summarize", sessionId, summarySchema, { signal, timeout })).summary;
    },
    ...v1Sessions(calls, options.capabilities?.[SESSION_PAGES] === true),
    ...v1Catalogue(calls, options.workingDirectory),
    request: (method, path, call) => http.send(method.toUpperCase(), path, call),
  };
}
