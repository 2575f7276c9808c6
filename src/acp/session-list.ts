import type { DiagnosticHandler } from "../engine/diagnostics.ts";
import type { Agent } from "./agent.ts";
import { methods } from "./methods.ts";
import { sessionListSchema, type WireSessionInfo } from "./schema.ts";

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
