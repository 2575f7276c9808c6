import type { EngineEvent } from "../engine/events.ts";
import { withDeadline } from "../engine/scope.ts";
import { messagesOfTurn } from "../lifecycle/turns.ts";
import { type StopSessionContext, stopSession } from "./stop-session.ts";
import type { Stopping } from "./stopping.ts";

export interface StopContext extends StopSessionContext {
  readonly stopping: Stopping;
}

/** Milliseconds that an aborted turn has for its last words. */
const LAST_WORDS_MS = 5_000;

/**
 * Stops the engine's work on a turn. Resolves when the engine has taken the abort; the session's next prompt waits for
 * the turn's end as well. `named`: resolves with the turn's name when the engine has taken its prompt.
 */
export function stopTurn(context: StopContext, sessionId: string, named: Promise<string>): Promise<void> {
  const { hub, stopping } = context;
  const release = hub.retain();
  // An abort that overtakes the prompt would stop nothing.
  const name = named.catch(() => undefined);
  const asked = name.then((turnId) => {
    if (turnId !== undefined) open(context, sessionId, turnId);
    return stopSession(context, sessionId, undefined);
  });
  stopping.add(sessionId, lastWords(context, sessionId, name, asked).finally(release));
  return asked;
}

/** The engine has taken its prompt: until its last word it counts, also where nobody follows it any more. */
function open({ hub, store }: StopContext, sessionId: string, turnId: string): void {
  const state = store.get(sessionId);
  const isOver = state?.engineRunning === false && messagesOfTurn(state, turnId).length > 0;
  if (!isOver) hub.apply({ type: "turn_started", sessionId, turnId });
}

/** Waits for the end of an aborted turn. An engine that took the abort and says nothing more of it is believed. */
async function lastWords(
  { hub, link, fanout, store }: StopContext,
  sessionId: string,
  name: Promise<string | undefined>,
  asked: Promise<void>,
): Promise<void> {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let turnId: string | undefined;
  // Of a prompt whose answer was cut off the name may be unknown: then any turn of the session may be it.
  const isOpen = () => {
    const open = store.get(sessionId)?.openTurns;
    return turnId === undefined ? (open?.size ?? 0) > 0 : open?.has(turnId) === true;
  };
  const next = (event: EngineEvent) => {
    if (event.type === "turn_ended" && !isOpen()) resolve();
  };
  const leave = fanout.add({ next, end: () => resolve() }, sessionId);
  try {
    turnId = await name;
    await asked;
    if (!isOpen()) return;
    const silent = () => new Error("The engine said nothing more.");
    await withDeadline(LAST_WORDS_MS, silent, [link.signal], () => ended).catch(() => {
      if (turnId !== undefined && !link.signal.aborted)
        hub.apply({ type: "turn_ended", sessionId, turnId, status: "aborted" });
    });
  } finally {
    leave();
  }
}
