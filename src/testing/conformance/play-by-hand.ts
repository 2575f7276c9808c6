import type { DriverItem, EngineConnection, EngineDriver } from "../../engine/driver.ts";
import { delay } from "../../engine/scope.ts";

/** How often the record is looked at, in milliseconds. */
const LOOK_EVERY_MS = 50;

/** What a driver told of a turn to somebody who began to read only when it was over. */
export interface Played {
  readonly told: readonly string[];
  readonly text: string;
}

/** Plays a turn on a driver without the package. */
export async function playByHand(driver: EngineDriver, prompt: string, signal: AbortSignal): Promise<Played> {
  const report = { alive: () => {}, beat: () => {}, retryAfter: () => {}, diagnostic: () => {} };
  const connection = await driver.connect({ signal, report });
  try {
    const stream = await connection.events({ signal });
    const session = await connection.createSession({});
    const receipt = await connection.prompt({ sessionId: session.id, content: prompt, signal });
    await receipt.accepted;
    await answered(connection, session.id, signal);
    return await read(stream, session.id);
  } finally {
    await connection.close();
    await driver.dispose?.();
  }
}

async function answered(connection: EngineConnection, sessionId: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const messages = await connection.messages(sessionId, { signal });
    if (messages.some(({ role, completedAt }) => role === "assistant" && completedAt !== undefined)) return;
    await delay(LOOK_EVERY_MS, signal);
  }
}

async function read(stream: AsyncIterable<DriverItem>, sessionId: string): Promise<Played> {
  const told: string[] = [];
  const answers = new Set<string>();
  const parts = new Map<string, string>();
  for await (const { event } of stream) {
    told.push(event.type);
    if (event.type === "message_updated" && event.message.role === "assistant") answers.add(event.message.id);
    else if (event.type === "part_delta" && event.kind !== "reasoning")
      parts.set(event.partId, (parts.get(event.partId) ?? "") + event.delta);
    else if (event.type === "part_updated" && event.part.type === "text" && answers.has(event.messageId))
      parts.set(event.part.id, event.part.text);
    const isOver = event.type === "turn_ended" || (event.type === "session_status" && !event.running);
    if (isOver && event.sessionId === sessionId && answers.size > 0) break;
  }
  return { told, text: [...parts.values()].join("") };
}
