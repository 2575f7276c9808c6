import { createAnswers } from "./create-engine-client/answering.ts";
import { createCatalogueCalls } from "./create-engine-client/catalogue-calls.ts";
import { createHealth } from "./create-engine-client/health.ts";
import { createMcpCalls } from "./create-engine-client/mcp-calls.ts";
import { OptionalCalls } from "./create-engine-client/optional.ts";
import { createPermissionCalls } from "./create-engine-client/permission-calls.ts";
import { PromptPreparation } from "./create-engine-client/prepare-prompt.ts";
import { createCommand, createPrompt } from "./create-engine-client/prompt.ts";
import { createQuestionCalls } from "./create-engine-client/question-calls.ts";
import { createRecordCalls } from "./create-engine-client/record-calls.ts";
import { createSessionCalls } from "./create-engine-client/session-calls.ts";
import { createSessionReading } from "./create-engine-client/session-reading.ts";
import { summarize } from "./create-engine-client/summarize.ts";
import { asyncDispose } from "./engine/async-dispose.ts";
import type { DisposeOptions } from "./engine/call-options.ts";
import type { DiagnosticHandler } from "./engine/diagnostics.ts";
import type { EngineDriver } from "./engine/driver.ts";
import type { ManagedEngineClient } from "./engine/managed-engine-client.ts";
import type { DecisionRecord, Policies } from "./engine/policy.ts";
import { toSessionId } from "./engine/session.ts";
import { Background } from "./hub/background.ts";
import { EventFeed } from "./hub/event-feed.ts";
import { EventHub } from "./hub/event-hub.ts";
import { Fanout } from "./hub/fanout.ts";
import { Link } from "./hub/link.ts";
import { PromptQueue } from "./hub/prompt-queue.ts";
import {
  PromptRun,
  type PromptRunContext,
  type PromptRunOptions,
  type PromptRunRequest,
} from "./hub/prompt-run.ts";
import { Registry } from "./hub/registry.ts";
import { DecisionLog } from "./hub/requests/decision-log.ts";
import { readPolicies } from "./hub/requests/read-policy.ts";
import { RequestDesk } from "./hub/requests/request-desk.ts";
import { SessionStore } from "./hub/session-store.ts";
import { stopSession } from "./hub/stop-session.ts";
import { Stopping } from "./hub/stopping.ts";
import { messageOf } from "./lifecycle/message-state.ts";
import { restoreMessage } from "./lifecycle/session-state.ts";

export interface EngineClientOptions extends Policies {
  /** Milliseconds that the event stream stays open after its last user left. Default: 5000. */
  readonly idleTimeout?: number | undefined;
  /** Milliseconds until a prompt gives up waiting for the event stream. Default: 10000. */
  readonly connectTimeout?: number | undefined;
  /**
   * Milliseconds that the engine may be out of reach: then its event stream is given up, open prompts are `lost`,
   * iterators fail, and the next prompt or `connect()` begins anew. Default: 120000.
   */
  readonly reconnectTimeout?: number | undefined;
  /** Takes what is worth knowing but is no error of a call. Default: nobody is told. */
  readonly onDiagnostic?: DiagnosticHandler | undefined;
  /**
   * Takes every decision that this client made, as soon as the engine has taken it. Default: nobody is told; the newest
   * thousand can be read at `permissions.decisions()` and `questions.decisions()`.
   */
  readonly onDecision?: ((record: DecisionRecord) => void) | undefined;
}

/** What `dispose()` gives to work that must still reach the engine. */
const FAREWELL_MS = 2_000;

/**
 * Makes a client of a driver: one event stream for any number of users, the mirror of the sessions, prompts as
 * async iterators. The driver only has to know how to speak with its engine.
 *
 * @throws EngineError `INVALID_REQUEST` for a policy that is none
 *
 * @example
 * ```ts
 * const client = createEngineClient(acmeDriver({ baseUrl }));
 * const text = await client.session.prompt(await client.session.create(), "Hello").text();
 * await client.dispose();
 * ```
 */
export function createEngineClient(
  driver: EngineDriver,
  options: EngineClientOptions = {},
): ManagedEngineClient {
  const { idleTimeout = 5_000, connectTimeout = 10_000, reconnectTimeout = 120_000 } = options;
  const { onDiagnostic: diagnostic = () => {} } = options;
  const policies = readPolicies(options);
  const store = new SessionStore(driver.id);
  const fanout = new Fanout((id) => store.sessions.get(id)?.parentId, diagnostic);
  const link = new Link(driver, {
    alive: () => hub.vitals.alive(),
    beat: () => hub.vitals.beat(),
    retryAfter: (ms) => hub.vitals.retryAfter(ms),
    diagnostic,
  });
  const hub: EventHub = new EventHub(link, store, fanout, {
    idleTimeout,
    connectTimeout,
    reconnectTimeout,
    diagnostic,
  });
  const events = new EventFeed(hub, fanout, diagnostic);
  const registry = new Registry(store, hub, fanout, diagnostic);
  const background = new Background(diagnostic);
  const optional = new OptionalCalls(driver, link);
  const log = new DecisionLog(options.onDecision, diagnostic);
  const answers = createAnswers({ hub, store, fanout, log, optional, background: background.add });
  const requests = { store, optional, answers, log };
  const runs = new Set<PromptRun>();
  let disposed: Promise<void> | undefined;

  const { toSession, readSession } = createSessionReading(driver, link, registry);
  const catalogue = createCatalogueCalls(optional);
  const sessionCalls = createSessionCalls({ link, hub, registry, optional, toSession });
  const preparation = new PromptPreparation({
    link,
    registry,
    fanout,
    readSession,
    policies,
    unsupported: (capability) => optional.unsupported(capability),
  });
  const run = (request: PromptRunRequest, prompting: PromptRunOptions): PromptRun => {
    const begun = new PromptRun(context, request, prompting);
    runs.add(begun);
    void begun.settled.then(() => runs.delete(begun));
    return begun;
  };
  const stopping = new Stopping();
  const queue = new PromptQueue({ engineId: driver.id, link, hub, store, fanout, stopping });
  const context: PromptRunContext = {
    engineId: driver.id,
    link,
    hub,
    store,
    fanout,
    stopping,
    queue,
    desk: new RequestDesk({
      link,
      store,
      fanout,
      answers,
      diagnostic,
      hasAudience: (event) => events.reaches(event),
    }),
    background: background.add,
  };

  const dispose = async ({ abortRunning = false }: DisposeOptions): Promise<void> => {
    if (abortRunning) for (const run of runs) background.add(run.abort());
    await background.finish(FAREWELL_MS);
    // First the pending calls, while what was seen of their turns is still there; then what they used.
    background.add(link.dispose());
    hub.dispose();
    await background.finish(FAREWELL_MS);
    await driver.dispose?.();
  };

  return {
    id: driver.id,
    name: driver.name,
    get version() {
      return link.version;
    },
    get capabilities() {
      return link.capabilities;
    },
    events,
    registry,

    session: {
      ...sessionCalls,
      ...createRecordCalls({ ...sessionCalls, get: readSession, listModels: catalogue.models.list }),
      create: async ({ permissionPolicy, questionPolicy, ...create } = {}) => {
        const own = readPolicies({ permissionPolicy, questionPolicy });
        return link.use(create.signal, async (connection, signal) => {
          if (create.reviewEdits && !link.capabilities.reviewEdits) throw optional.unsupported("reviewEdits");
          const session = await connection.createSession({ ...create, signal });
          preparation.sessionCreated(session, { systemPrompt: create.systemPrompt, policies: own });
          if (hub.status.state === "open") hub.apply({ type: "session_created", session });
          return toSession({ session });
        });
      },
      get: readSession,
      prompt: createPrompt(preparation, run),
      command: createCommand(preparation, run),
      abort: (session, { signal } = {}) => {
        const sessionId = toSessionId(session);
        queue.drop(sessionId);
        return stopSession(context, sessionId, signal);
      },
      summarize: async (session, { signal } = {}) =>
        summarize({ ...context, optional }, toSessionId(session), signal),
      diff: (session, { signal, messageId } = {}) =>
        optional.call("diff", signal, (connection, scope) =>
          connection.diff?.(toSessionId(session), { signal: scope, messageId }),
        ),
    },

    message: {
      create: async (session, content, { signal } = {}) => {
        const sessionId = toSessionId(session);
        const stored = await optional.call("storeMessage", signal, async (connection, scope) => {
          const read = await preparation.content(sessionId, content, scope);
          return connection.storeMessage?.(sessionId, read, { signal: scope });
        });
        if (stored === undefined) throw optional.unsupported("storeMessage");
        return messageOf(restoreMessage(stored));
      },
    },

    permissions: createPermissionCalls(requests),

    questions: createQuestionCalls(requests),

    ...catalogue,

    mcp: createMcpCalls(optional),
    connect: ({ signal } = {}) => hub.mirror(signal),
    request: (method, path, request = {}) =>
      optional.call("request", request.signal, (connection, signal) =>
        connection.request?.(method, path, { ...request, signal }),
      ),

    health: createHealth(driver.name, link),

    dispose(disposing = {}) {
      disposed ??= dispose(disposing);
      return disposed;
    },
    [asyncDispose]() {
      return this.dispose();
    },
  };
}
