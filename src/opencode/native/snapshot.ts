import type { DriverMessage } from "../../engine/driver-events.ts";
import type { SessionSnapshot, SnapshotRequest } from "../../engine/driver-requests.ts";
import { EngineError } from "../../engine/errors.ts";
import { decodeRetry, decodeSession } from "./decode.ts";
import type { McpTools } from "./mcp-tools.ts";
import type { NativePermissions } from "./permissions.ts";
import type { NativeQuestions } from "./questions.ts";
import type { WireSession } from "./schema/session.ts";
import type { NativeSessions } from "./sessions.ts";

export interface SnapshotSources {
  readonly sessions: NativeSessions;
  readonly permissions: NativePermissions;
  readonly questions: NativeQuestions;
  readonly mcpTools: McpTools;
}

/** Of how many sessions at rest it is read how they rest, when all are listed. */
const NEWEST = 100;

/** Reads the engine's truth about sessions: what runs, what waits for an answer, and the messages that are wanted. */
export async function readSnapshot(
  { sessionIds, withMessages, withOthersAtWork = false, newestOnly = false, signal }: SnapshotRequest,
  { sessions, permissions, questions, mcpTools }: SnapshotSources,
): Promise<readonly SessionSnapshot[]> {
  if (newestOnly && sessionIds === undefined) {
    const newest = await sessions.newest(signal);
    return newest.map((wire) => ({ session: decodeSession(wire), running: false, permissions: [] }));
  }
  const read = [
    ...(sessionIds === undefined ? await sessions.list(signal) : await getAll(sessionIds, sessions, signal)),
  ];
  // Asking for a directory makes the engine load it: only where something is known to go on.
  const asked = new Set(sessionIds ?? withMessages);
  const inUse = read.filter(({ id }) => asked.has(id));
  for (const { id, directory } of inUse) sessions.saw(id, directory ?? undefined);
  const directories = [
    ...new Set([sessions.defaultDirectory, ...inUse.map(({ directory }) => directory ?? undefined)]),
  ];

  const messages = new Map<string, readonly DriverMessage[] | undefined>();
  const readMessages = async (id: string, limit?: number) => {
    const recent = await sessions.recentMessages(id, signal, limit);
    messages.set(id, recent && (await mcpTools.markAll(id, recent, signal)));
  };
  // Before it is asked who is at work: what an engine at rest has said before is whole. The other way round a turn that
  // begins between both would seem to have ended.
  await Promise.all(withMessages.map((id) => readMessages(id)));
  const [statuses, pending, asking] = await Promise.all([
    Promise.all(directories.map((directory) => sessions.statuses(directory, signal))),
    permissions.list(directories, signal),
    questions.list(directories, signal),
  ]);
  const running = new Map(statuses.flat());
  if (withOthersAtWork && sessionIds !== undefined) {
    const others = [...running.keys()].filter((id) => !asked.has(id));
    read.push(...(await getAll(others, sessions, signal)));
  }
  const resting =
    sessionIds === undefined ? newest(read).filter(({ id }) => !running.has(id) && !asked.has(id)) : [];
  await Promise.all(resting.map(({ id }) => readMessages(id, 1)));
  const now = Date.now();
  return read.map((session) => {
    const { id } = session;
    const status = running.get(id);
    return {
      session: decodeSession(session),
      running: status !== undefined,
      retry: status && decodeRetry(status, now),
      messages: messages.get(id),
      permissions: pending?.filter(({ sessionId }) => sessionId === id),
      questions: asking?.filter(({ sessionId }) => sessionId === id),
    };
  });
}

function newest(read: readonly WireSession[]): readonly WireSession[] {
  return read.toSorted((a, b) => b.time.updated - a.time.updated).slice(0, NEWEST);
}

/** Those that are still there. */
async function getAll(
  ids: readonly string[],
  sessions: NativeSessions,
  signal: AbortSignal,
): Promise<readonly WireSession[]> {
  const read = await Promise.all(
    ids.map((id) =>
      sessions.get(id, signal).catch((error: unknown) => {
        if (EngineError.is(error, "SESSION_NOT_FOUND")) return undefined;
        throw error;
      }),
    ),
  );
  return read.filter((session) => session !== undefined);
}
