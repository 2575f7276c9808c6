import type { EngineEvent } from "../engine/events.ts";
import { withDeadline } from "../engine/scope.ts";
import { messagesOfTurn } from "../lifecycle/turns.ts";
import type { EventHub } from "./event-hub.ts";
import type { Fanout } from "./fanout.ts";
import type { SessionStore } from "./session-store.ts";

export interface BeginningContext {
  readonly hub: EventHub;
  readonly store: SessionStore;
  readonly fanout: Fanout;
}

/** Milliseconds that an engine has to say that it works on a prompt that it took. */
const BEGIN_MS = 2_000;

/**
 * Resolves when the engine works on the turn, or the turn is over. Engines take a prompt first, and begin then; OpenCode
 * 1.1.65 takes an abort in between as well, and begins all the same. An engine that says nothing of it, or that nobody
 * hears, is not waited for.
 */
export async function untilBegun(
  { hub, store, fanout }: BeginningContext,
  sessionId: string,
  turnId: string,
  signal: AbortSignal,
): Promise<void> {
  const isBegun = () => {
    const state = store.get(sessionId);
    return state?.engineRunning === true || (state !== undefined && messagesOfTurn(state, turnId).length > 0);
  };
  if (isBegun() || hub.status.state !== "open") return;
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const next = (event: EngineEvent) => {
    const isOver = event.type === "turn_ended" ? event.turnId === turnId : event.type === "session_deleted";
    if (isOver || isBegun()) resolve();
  };
  const leave = fanout.add({ next, end: () => resolve() }, sessionId);
  const silent = () => new Error("The engine does not say that it has begun.");
  try {
    await withDeadline(BEGIN_MS, silent, [signal], () => begun);
  } catch {
    signal.throwIfAborted();
  } finally {
    leave();
  }
}
