import type { EngineConnection } from "../engine/driver.ts";
import { matchesQuery } from "../engine/session-query.ts";
import type { V1Calls } from "./calls.ts";
import { decodeListed, decodeSession } from "./decode.ts";
import { fileDiffsSchema, pageOrListDecoder, todosSchema } from "./schema/answer.ts";
import type { ForkBody, RevertBody, UpdateSessionBody } from "./schema/request.ts";
import { sessionSchema } from "./schema/session.ts";

type SessionMethods = Pick<
  EngineConnection,
  | "listSessions"
  | "updateSession"
  | "deleteSession"
  | "forkSession"
  | "revertSession"
  | "unrevertSession"
  | "todo"
  | "diff"
>;

/** What is done with sessions as a whole. `hasPages`: the list takes a query, and comes in pages. */
export function v1Sessions(calls: V1Calls, hasPages: boolean): SessionMethods {
  return {
    ...(hasPages && { listSessions: pages(calls) }),
    async updateSession(sessionId, { title, archived, starred }, { signal }) {
      const body: UpdateSessionBody = { title, archived, starred };
      return decodeSession(await calls.read("updateSession", sessionId, sessionSchema, { body, signal }));
    },
    deleteSession: (sessionId, { signal }) => calls.send("deleteSession", sessionId, { signal }),
    async forkSession(sessionId, { messageId, signal }) {
      const body: ForkBody = { messageId };
      return decodeSession(await calls.read("forkSession", sessionId, sessionSchema, { body, signal }));
    },
    async revertSession(sessionId, { messageId, partId, signal }) {
      const body: RevertBody = { messageId, partId };
      return decodeSession(await calls.read("revertSession", sessionId, sessionSchema, { body, signal }));
    },
    async unrevertSession(sessionId, { signal }) {
      return decodeSession(await calls.read("unrevertSession", sessionId, sessionSchema, { signal }));
    },
    todo: (sessionId, { signal }) => calls.read("todo", sessionId, todosSchema, { signal }),
    diff: (sessionId, { messageId, signal }) =>
      calls.read("diff", sessionId, fileDiffsSchema, { query: { messageId }, signal }),
  };
}

function pages(calls: V1Calls): NonNullable<EngineConnection["listSessions"]> {
  return async ({ limit, cursor, workingDirectory, search, rootsOnly, includeArchived = false, signal }) => {
    const filter = { workingDirectory, search, rootsOnly, includeArchived };
    const query = { ...filter, limit, cursor };
    const answer = await calls.read("listSessions", undefined, pageOrListDecoder, { query, signal });
    if ("sessions" in answer) return { sessions: answer.sessions.map(decodeListed), cursor: answer.cursor };
    // Whoever stands there did not look at the query: it is all of them.
    return { sessions: answer.map(decodeListed).filter(({ session }) => matchesQuery(session, filter)) };
  };
}
