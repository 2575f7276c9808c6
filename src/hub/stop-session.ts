import { insist } from "./insist.ts";
import type { Link } from "./link.ts";
import { type BeginningContext, untilBegun } from "./turn-beginning.ts";

export interface StopSessionContext extends BeginningContext {
  readonly link: Link;
}

/** Stops whatever the engine does in the session, and what it is about to begin. Resolves when it has taken the abort. */
export function stopSession(
  context: StopSessionContext,
  sessionId: string,
  caller: AbortSignal | undefined,
): Promise<void> {
  const { link, store } = context;
  return link.use(caller, async (connection, signal) => {
    const newest = [...(store.get(sessionId)?.openTurns ?? [])].at(-1);
    if (newest !== undefined) await untilBegun(context, sessionId, newest, signal);
    await insist(signal, () => connection.abort(sessionId, { signal }));
  });
}
