import type { SessionSnapshot, SnapshotRequest } from "../../engine/driver.ts";
import { EngineError } from "../../engine/errors.ts";
import { decodeSession } from "./decode.ts";
import type { NativePermissions } from "./permissions.ts";
import type { WireSession } from "./schema.ts";
import type { NativeSessions } from "./sessions.ts";

/** Reads the engine's truth about sessions: what runs, what waits for an answer, and the messages that are wanted. */
export async function readSnapshot(
  { sessionIds, withMessages, signal }: SnapshotRequest,
  sessions: NativeSessions,
  permissions: NativePermissions,
): Promise<readonly SessionSnapshot[]> {
  const read =
    sessionIds === undefined ? await sessions.list(signal) : await getAll(sessionIds, sessions, signal);
  // Asking for a directory makes the engine load it: only where something is known to go on.
  const asked = new Set(sessionIds ?? withMessages);
  const inUse = read.filter(({ id }) => asked.has(id));
  for (const { id, directory } of inUse) sessions.saw(id, directory ?? undefined);
  const directories = [
    ...new Set([sessions.defaultDirectory, ...inUse.map(({ directory }) => directory ?? undefined)]),
  ];

  const [running, pending, messages] = await Promise.all([
    Promise.all(directories.map((directory) => sessions.running(directory, signal))),
    permissions.list(directories, signal),
    Promise.all(withMessages.map(async (id) => [id, await sessions.recentMessages(id, signal)] as const)),
  ]);
  const runningIds = new Set(running.flat());
  const messagesOf = new Map(messages);
  return read.map((session) => ({
    session: decodeSession(session),
    running: runningIds.has(session.id),
    messages: messagesOf.get(session.id),
    permissions: pending.filter(({ sessionId }) => sessionId === session.id),
  }));
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
