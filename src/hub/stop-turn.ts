import type { EngineEvent } from "../engine/events.ts";
import { withDeadline } from "../engine/scope.ts";
import type { EventHub } from "./event-hub.ts";
import type { Fanout } from "./fanout.ts";
import { insist } from "./insist.ts";
import type { Link } from "./link.ts";
import type { SessionStore } from "./session-store.ts";
import type { Stopping } from "./stopping.ts";

export interface StopContext {
  readonly link: Link;
  readonly hub: EventHub;
  readonly store: SessionStore;
  readonly fanout: Fanout;
  readonly stopping: Stopping;
}

/** Milliseconds that an aborted turn has for its last words. */
const LAST_WORDS_MS = 5_000;

/**
 * Stops the engine's work on a turn. Resolves when the engine has taken the abort; the session's next prompt waits for
 * the turn's end as well. `named`: resolves with the turn's name when the engine has taken its prompt.
 */
export function stopTurn(context: StopContext, sessionId: string, named: Promise<string>): Promise<void> {
  const { link, stopping } = context;
  const name = named.catch(() => undefined);
  const ask = () =>
    link.use(undefined, (connection, signal) =>
      insist(signal, () => connection.abort(sessionId, { signal })),
    );
  // An abort that overtakes the prompt would stop nothing.
  const asked = name.then(ask);
  stopping.add(sessionId, lastWords(context, sessionId, name, asked, ask));
  return asked;
}

/** Waits for the end of an aborted turn. An engine that took the abort and says nothing more of it is believed. */
async function lastWords(
  { hub, link, fanout, store }: StopContext,
  sessionId: string,
  name: Promise<string | undefined>,
  asked: Promise<void>,
  askAgain: () => Promise<void>,
): Promise<void> {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const release = hub.retain();
  let turnId: string | undefined;
  // Of a prompt whose answer was cut off the name may be unknown: then any turn of the session may be it.
  const isOpen = () => {
    const open = store.get(sessionId)?.openTurns;
    return turnId === undefined ? (open?.size ?? 0) > 0 : open?.has(turnId) === true;
  };
  const againIfOpen = async () => {
    if (isOpen()) await askAgain();
  };
  const next = (event: EngineEvent) => {
    if (event.type === "turn_ended" && !isOpen()) resolve();
    // Older releases take an abort before they have begun, and begin all the same.
    if (turnId !== undefined && begins(event, turnId)) asked.then(againIfOpen).catch(() => {});
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
    release();
  }
}

function begins(event: EngineEvent, turnId: string): boolean {
  if (event.type !== "message_created") return false;
  const { role, turnId: of } = event.message;
  return role === "assistant" && of === turnId;
}
