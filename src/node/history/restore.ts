import type { DriverMessage, DriverSession } from "../../engine/driver-events.ts";
import type { Session } from "../../engine/session.ts";
import { restoreMessages } from "../../lifecycle/restore-messages.ts";
import { createSessionState, withTold } from "../../lifecycle/session-state.ts";
import { restAsTold } from "../../lifecycle/turns.ts";
import { lacksLastWord } from "./lost-turns.ts";
import type { HistoryReader, Row } from "./reader.ts";

/** A session, and as much of its newest turn as tells how it rests. */
export interface MetSession {
  readonly told: DriverSession;
  readonly lastWord: readonly DriverMessage[];
}

/** `undefined`: there is none. */
export function meetStored(reader: HistoryReader, sessionId: string): Row<MetSession> | undefined {
  const row = reader.session(sessionId);
  if (!row?.ok) return row;
  const lastWord = reader.lastWord(sessionId).flatMap((message) => (message.ok ? [message.value] : []));
  return { ok: true, value: { told: row.value, lastWord } };
}

/** A session as a client gives it that meets it at rest: how its newest turn ended says how it rests. */
export function restoreStored(
  engineId: string,
  { told, lastWord }: MetSession,
  lost: ReadonlySet<string>,
): Session {
  const state = createSessionState(engineId, told.id);
  restAsTold(state, restoreMessages(lastWord), []);
  const session = withTold(state.session, told);
  return lost.has(lastWord.at(-1)?.id ?? "") ? { ...session, status: "error" } : session;
}

/** The newest answer of a session, if it has no last word. */
export function unfinishedOf(met: Row<MetSession>): readonly string[] {
  const last = met.ok ? met.value.lastWord.at(-1) : undefined;
  return last !== undefined && lacksLastWord(last) ? [last.id] : [];
}

export function unfinishedMessage(message: Row<DriverMessage>): readonly string[] {
  return message.ok && lacksLastWord(message.value) ? [message.value.id] : [];
}
