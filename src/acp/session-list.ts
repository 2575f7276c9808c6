import type { DiagnosticHandler } from "../engine/diagnostics.ts";
import type { Agent } from "./agent.ts";
import { methods } from "./methods.ts";
import { sessionListSchema, type WireSessionInfo } from "./schema.ts";
import { SessionRecord } from "./session-record.ts";

/** Pages that are read at most: an agent whose list never ends is not to be asked for ever. */
const MOST_PAGES = 1_000;

/** The agent's own list of its sessions, page by page to its end. */
export async function listAllSessions(
  agent: Agent,
  diagnostic: DiagnosticHandler,
  signal: AbortSignal | undefined,
): Promise<readonly WireSessionInfo[]> {
  const all: WireSessionInfo[] = [];
  let cursor: string | undefined;
  for (let page = 1; ; page += 1) {
    const asked = cursor === undefined ? {} : { cursor };
    const told = await agent.ask(methods.list, asked, sessionListSchema, { signal });
    all.push(...told.sessions);
    const next = told.nextCursor ?? undefined;
    if (next === undefined) return all;
    if (next === cursor || page === MOST_PAGES) {
      const message = `The agent's list of sessions does not end: it was left off after ${all.length}.`;
      diagnostic({ level: "warning", code: "list_cut", message });
      return all;
    }
    cursor = next;
  }
}

/** What the agent's list says of a session, added to what is known of it. */
export function takeListed(
  records: Map<string, SessionRecord>,
  { sessionId: id, cwd: workingDirectory, title, updatedAt: told }: WireSessionInfo,
): void {
  const at = Date.parse(told ?? "");
  const known = records.get(id);
  const updatedAt = Number.isNaN(at) ? (known?.session.updatedAt ?? Date.now()) : at;
  if (known === undefined) {
    // When it was made is not told.
    const session = { id, title: title ?? "", createdAt: updatedAt, updatedAt, workingDirectory };
    records.set(id, new SessionRecord(session));
  } else if (known.turn === undefined) {
    const newest = Math.max(updatedAt, known.session.updatedAt);
    const named = title == null || known.hasOwnTitle ? {} : { title };
    known.session = { ...known.session, ...named, workingDirectory, updatedAt: newest };
  }
}
