import { type EngineCapabilities, noCapabilities } from "../engine/capabilities.ts";
import type { DriverReport, EngineConnection } from "../engine/driver.ts";
import { EngineError } from "../engine/errors.ts";
import type { Http } from "../http.ts";
import { pathOf, V1Calls } from "./calls.ts";
import { decodeSession } from "./decode.ts";
import { Feed } from "./feed.ts";
import { pathTo } from "./paths.ts";
import { V1Prompts } from "./prompts.ts";
import { healthSchema, summarySchema } from "./schema/answer.ts";
import type { CreateSessionBody, PermissionReplyBody } from "./schema/request.ts";
import { sessionSchema } from "./schema/session.ts";

/** What a server of the contract can do, as far as it does not say otherwise. */
export const v1Capabilities: EngineCapabilities = {
  ...noCapabilities,
  storeMessage: true,
  urlAttachments: true,
  permissions: true,
  summarize: true,
  request: true,
};

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
  readonly asyncPrompts: boolean;
}

/** Milliseconds that a model may take over a summary. Node's fetch gives up on an answer after 300 s. */
const SUMMARY_MS = 290_000;

/** One life of the wire to a server of the `/v1` contract. */
export function createV1Connection(options: V1Options): EngineConnection {
  const { http, report, asyncPrompts } = options;
  const life = new AbortController();
  const calls = new V1Calls(http);
  const feed = new Feed(options);
  const prompts = new V1Prompts({ http, report, calls, feed, asyncPrompts, life: life.signal });

  return {
    version: options.version,
    capabilities: capabilitiesOf(options.capabilities ?? {}),
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
      const body: CreateSessionBody = { title, model, workingDirectory, systemPrompt };
      const { value } = await http.json("POST", pathTo("createSession"), sessionSchema, { body, signal });
      return decodeSession(value);
    },
    messages: (sessionId, call) => calls.messages(sessionId, call),
    prompt: async (request) => prompts.send(request),
    async abort(sessionId, { signal }) {
      await http.send("DELETE", pathOf("abort", sessionId), { signal });
    },
    storeMessage: (sessionId, content, { signal }) => prompts.store(sessionId, content, signal),
    listPermissions: ({ signal }) =>
      calls.required("listPermissions", "permissions", () => calls.permissions(signal)),
    async replyPermission({ permissionId, decision, message, signal }) {
      const body: PermissionReplyBody = { decision, message };
      await calls.required("replyPermission", "permissions", () =>
        http.send("POST", pathTo("replyPermission", permissionId), { body, signal }),
      );
    },
    async summarize(sessionId, { signal }) {
      const path = pathOf("summarize", sessionId);
      const { value } = await calls.required("summarize", "summarize", () =>
        http.json("POST", path, summarySchema, { signal, timeout: Math.max(http.timeout, SUMMARY_MS) }),
      );
      return value.summary;
    },
    request: (method, path, call) => http.send(method.toUpperCase(), path, call),
  };
}

/** What the contract carries, without what this server says that it can't do. */
function capabilitiesOf(told: Readonly<Record<string, boolean>>): EngineCapabilities {
  const withheld = Object.entries(told).filter(([name, can]) => name in v1Capabilities && !can);
  return { ...v1Capabilities, ...Object.fromEntries(withheld) };
}
