import type { Message, ToolCall } from "./message.ts";

/** A tool call, and where it stands. */
export interface ToolCallRecord {
  readonly sessionId: string;
  readonly messageId: string;
  /** The user message that opened its turn. */
  readonly turnId?: string | undefined;
  readonly toolCall: ToolCall;
}

/** All tool calls of these messages, in their order: what `client.session.toolCalls()` gives of messages that you have. */
export function toolCallsOf(messages: readonly Message[]): readonly ToolCallRecord[] {
  return messages.flatMap(({ id, sessionId, turnId, toolCalls = [] }) =>
    toolCalls.map((toolCall) => ({
      sessionId,
      messageId: id,
      ...(turnId === undefined ? {} : { turnId }),
      toolCall,
    })),
  );
}

/** How to read sessions, with or without an engine. */
export interface SessionReading {
  messages(sessionId: string): Promise<readonly Message[]>;
  children(sessionId: string): Promise<readonly { readonly id: string }[]>;
}

/** The calls of a session, and with `tree` those of its subagents between them, as they happened. */
export async function readToolCalls(
  sessionId: string,
  tree: boolean,
  reading: SessionReading,
): Promise<readonly ToolCallRecord[]> {
  const lists: (readonly Timed[])[] = [];
  const sessions = [sessionId];
  for (const id of sessions) {
    lists.push(timed(await reading.messages(id)));
    if (tree) sessions.push(...(await reading.children(id)).map((child) => child.id));
  }
  return merged(lists);
}

type Timed = readonly [at: number, record: ToolCallRecord];

/** Calls that have not started yet stand where their message does. None stands before one that the engine puts first. */
function timed(messages: readonly Message[]): readonly Timed[] {
  let latest = 0;
  return messages.flatMap((message) =>
    toolCallsOf([message]).map((record): Timed => {
      latest = Math.max(latest, record.toolCall.startedAt ?? message.createdAt);
      return [latest, record];
    }),
  );
}

// The order of each list stays: its times only grow, and sorting is stable.
function merged(lists: readonly (readonly Timed[])[]): readonly ToolCallRecord[] {
  return lists
    .flat()
    .toSorted(([a], [b]) => a - b)
    .map(([, record]) => record);
}
