import type { DriverSession } from "../../engine/driver-events.ts";
import type { DriverCall } from "../../engine/driver-requests.ts";
import { EngineError } from "../../engine/errors.ts";
import type { SessionChanges } from "../../engine/session.ts";
import type { Http } from "../../http.ts";
import { decodeSession } from "./decode.ts";
import { sessionDecoder } from "./read-wire.ts";
import { requireMessage } from "./require-message.ts";
import type { WireSession } from "./schema/session.ts";
import type { NativeSessions } from "./sessions.ts";

/** Changes a session. What is as it should be already is not sent: every change of the star makes a session newer. */
export async function updateSession(
  sessionId: string,
  { title, archived, starred }: SessionChanges,
  http: Http,
  sessions: NativeSessions,
  { signal }: DriverCall,
): Promise<DriverSession> {
  const current = await sessions.get(sessionId, signal);
  const before = decodeSession(current);
  if (archived === false && before.archived) {
    const message = `OpenCode can't take back that session ${sessionId} is archived: it lacks the capability "unarchive". Fork it instead.`;
    throw new EngineError("UNSUPPORTED", message, { engine: "opencode", sessionId });
  }
  const body = {
    ...(title === undefined || title === before.title ? {} : { title }),
    ...(archived && !before.archived ? { time: { archived: Date.now() } } : {}),
    ...(starred === undefined || starred === Boolean(before.starred)
      ? {}
      : { metadata: starMetadata(current, starred) }),
  };
  if (Object.keys(body).length === 0) return before;
  const path = sessions.path(sessionId);
  const after = decodeSession((await http.json("PATCH", path, sessionDecoder, { body, signal })).value);
  // Fields that a release does not know it passes over.
  const isStarred = starred === undefined || starred === Boolean(after.starred);
  if (isStarred && (!archived || after.archived)) return after;
  const what = isStarred ? "archived" : "starred";
  const message = `This release of OpenCode keeps no "${what}": it lacks it in the capability "updateSession". A newer one does.`;
  throw new EngineError("UNSUPPORTED", message, { engine: "opencode", sessionId });
}

/** A change replaces all metadata, so what others keep there is sent again. */
function starMetadata({ metadata }: WireSession, starred: boolean): Readonly<Record<string, unknown>> {
  const { starred: _, ...others } = metadata ?? {};
  return starred ? { ...others, starred } : others;
}

export async function forkSession(
  sessionId: string,
  http: Http,
  sessions: NativeSessions,
  { signal, messageId }: DriverCall & { readonly messageId?: string | undefined },
): Promise<DriverSession> {
  const path = sessions.path(sessionId);
  if (messageId !== undefined) {
    // Of one that the session does not have the engine says nothing, and copies all.
    await requireMessage(sessionId, messageId, "to fork before", http, sessions, signal);
  }
  const body = messageId === undefined ? {} : { messageID: messageId };
  const { value } = await http.json("POST", `${path}/fork`, sessionDecoder, { body, signal });
  sessions.saw(value.id, value.directory ?? undefined);
  return decodeSession(value);
}
