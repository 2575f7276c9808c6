import type { EngineCapabilities } from "../../engine/capabilities.ts";
import type { DriverItem, DriverReport, EngineConnection } from "../../engine/driver.ts";
import type { SessionSnapshot, SnapshotRequest } from "../../engine/driver-requests.ts";
import { EngineError } from "../../engine/errors.ts";
import { delay } from "../../engine/scope.ts";
import type { FactReader, StoredFile } from "./stored-file.ts";

export interface HistoryConnectionOptions {
  readonly file: StoredFile;
  readonly report: DriverReport;
  /** Is the engine there now? Must not take long, and must not throw. */
  isBack(signal: AbortSignal): Promise<boolean>;
  /** Why it is not. */
  readonly reason: string;
}

/** Milliseconds between two looks whether the engine is there: at first, and at most. */
const LOOK_MS = 1_000;
const LONGEST_LOOK_MS = 5_000;
/** Of how many sessions the newest messages are read, to tell how they rest; and how many messages of one that is asked for. */
const NEWEST = 100;
const RECENT_MESSAGES = 50;

const nothing: EngineCapabilities = {
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

/**
 * Stands in for an engine that is not there: what it has stored can be read, and nothing else can be done. Its events
 * are none, and end when the engine is back: then the client connects again.
 */
export function historyConnection(options: HistoryConnectionOptions): EngineConnection {
  const { file, report, isBack, reason } = options;
  const life = new AbortController();
  /** Ends the pause between two looks. */
  let look = () => {};

  /** It may have come back since the last look: then whatever was asked can be asked again of the engine itself. */
  const refuse = async (): Promise<never> => {
    look();
    const retryable = await isBack(life.signal);
    const message = retryable
      ? "OpenCode has just come back, and is being connected to. Try again."
      : `OpenCode is not there, only its stored history: ${reason}`;
    throw new EngineError("ENGINE_UNAVAILABLE", message, { engine: "opencode", retryable });
  };

  async function* untilBack(signal: AbortSignal): AsyncGenerator<DriverItem> {
    for (let pause = LOOK_MS; ; pause = Math.min(pause * 1.5, LONGEST_LOOK_MS)) {
      const woken = new AbortController();
      look = () => woken.abort();
      await delay(pause, AbortSignal.any([signal, woken.signal])).catch(() => {});
      signal.throwIfAborted();
      if (await isBack(signal)) return;
      report.alive();
    }
  }

  return {
    version: "unknown",
    capabilities: nothing,
    events: async ({ signal }) => untilBack(AbortSignal.any([signal, life.signal])),
    async close() {
      life.abort(new EngineError("ENGINE_UNAVAILABLE", "The connection was closed.", { engine: "opencode" }));
    },
    async health() {
      look();
      return { ok: false, latencyMs: 0, error: `OpenCode is not there, only its stored history: ${reason}` };
    },
    snapshot: async (request) => file.view((facts) => readSnapshots(request, facts), report),
    async messages(sessionId) {
      return file.view((facts) => {
        if (facts.session(sessionId) !== undefined) return facts.messages(sessionId, undefined);
        const message = `There is no session ${JSON.stringify(sessionId)} in ${file.path}.`;
        throw new EngineError("SESSION_NOT_FOUND", message, { engine: "opencode", sessionId });
      }, report);
    },
    createSession: refuse,
    prompt: refuse,
    abort: refuse,
  };
}

function readSnapshots(
  { sessionIds, withMessages }: SnapshotRequest,
  facts: FactReader,
): readonly SessionSnapshot[] {
  const wanted = new Set(withMessages);
  return (sessionIds ?? facts.sessionIds()).flatMap((id, index) => {
    const session = facts.session(id);
    if (session === undefined) return [];
    const isNewest = sessionIds === undefined && index < NEWEST;
    const messages = wanted.has(id)
      ? facts.messages(id, RECENT_MESSAGES)
      : isNewest
        ? facts.lastWord(id)
        : undefined;
    return {
      session: { ...session, source: "history" } as const,
      running: false,
      messages,
      permissions: [],
      questions: [],
    };
  });
}
