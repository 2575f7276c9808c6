import type { EngineEvent } from "../engine/events.ts";

/** That a session runs says nothing of its turn yet; that its model is asked again does. */
export function saysSomething(event: EngineEvent): boolean {
  return event.type !== "session_updated" || event.session.retry !== undefined;
}

/** The engine has taken the prompt: it tells of its turn. */
export function tellsOf(event: EngineEvent, turnId: string): boolean {
  return (
    (event.type === "message_created" || event.type === "message_updated") && event.message.turnId === turnId
  );
}
