import { type EngineEvent, sessionIdOf } from "../../engine/events.ts";
import type { ManagedEngineClient } from "../../engine/managed-engine-client.ts";
import type { ToolCall } from "../../engine/message.ts";
import type { PermissionRequest } from "../../engine/permission.ts";
import type { PromptCall } from "../../engine/prompt-call.ts";
import type { PromptEvent } from "../../engine/prompt-events.ts";
import type { Session, SessionRef, SessionStatus } from "../../engine/session.ts";
import { ok } from "./assert.ts";

/** Words, blanks, lines and characters of more than one unit: all that deltas can be cut at wrongly. */
export const TEXT = "One two three.\n\nFour “five” 👩‍💻 six,\tseven.";

export async function collect<T>(events: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** What somebody knows at the end who only iterates. Written without a look at the package's own fold. */
export function fold(events: readonly PromptEvent[]): {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
} {
  const parts = new Map<string, { readonly isText: boolean; readonly text: string }>();
  const toolCalls = new Map<string, ToolCall>();
  for (const event of events) {
    if (event.type === "text_delta" || event.type === "reasoning_delta") {
      const before = parts.get(event.partId)?.text ?? "";
      ok(before.length === event.offset, `A delta at ${event.offset} follows a text of ${before.length}.`);
      parts.set(event.partId, { isText: event.type === "text_delta", text: before + event.delta });
    } else if (event.type === "text_reset") {
      const { isText = true } = parts.get(event.partId) ?? {};
      parts.set(event.partId, { isText, text: event.text });
    } else if ("toolCall" in event) {
      const isStart = event.type === "tool_call_start";
      ok(
        isStart !== toolCalls.has(event.toolCall.id),
        `Tool call ${event.toolCall.id} must start once, first.`,
      );
      toolCalls.set(event.toolCall.id, event.toolCall);
    }
  }
  const text = [...parts.values()].map((part) => (part.isText ? part.text : "")).join("");
  return { text, toolCalls: [...toolCalls.values()] };
}

/** Iterates until an event fits, and lets go of the turn. */
export async function until(
  call: PromptCall,
  fits: (event: PromptEvent) => boolean,
  what: string,
): Promise<PromptEvent> {
  const seen: string[] = [];
  for await (const event of call) {
    if (fits(event)) return event;
    seen.push(event.type);
  }
  throw new Error(`The turn ended without ${what}. It told: ${seen.join(", ")}.`);
}

export const isText = (event: PromptEvent): boolean => event.type === "text_delta";

/** Reads a turn and answers what it asks. */
export async function answering(
  call: PromptCall,
  answer: (request: PermissionRequest) => Promise<void>,
): Promise<{ readonly events: readonly PromptEvent[]; readonly requests: readonly PermissionRequest[] }> {
  const events: PromptEvent[] = [];
  const requests: PermissionRequest[] = [];
  for await (const event of call) {
    events.push(event);
    if (event.type !== "permission_requested") continue;
    requests.push(event);
    await answer(event);
  }
  return { events, requests };
}

/** Resolves when the mirror says that the session stands so. */
export function stands(
  client: ManagedEngineClient,
  session: SessionRef,
  wanted: SessionStatus,
): Promise<Session> {
  return client.registry.waitFor(session, ({ status }) => status === wanted);
}

/** Every event of the session from now on, and what is told of the stream. Others may use the engine meanwhile. */
export function record(client: ManagedEngineClient, session: Session): EngineEvent[] {
  const events: EngineEvent[] = [];
  client.events.subscribe((event) => {
    if ((sessionIdOf(event) ?? session.id) === session.id) events.push(event);
  });
  return events;
}

/** Resolves when the session says something. It listens at once, without reading the turn. */
export function spoken(client: ManagedEngineClient, session: Session): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const leave = client.events.subscribe((event) => {
    if (event.type === "message_delta" && event.sessionId === session.id) resolve();
  });
  return promise.finally(leave);
}

/** How the session stood, one after the other, from now on. */
export function recordStatus(client: ManagedEngineClient, session: SessionRef): SessionStatus[] {
  const seen: SessionStatus[] = [];
  const look = () => {
    const status = client.registry.get(session)?.status;
    if (status !== undefined && status !== seen.at(-1)) seen.push(status);
  };
  look();
  client.registry.subscribe(look);
  return seen;
}
