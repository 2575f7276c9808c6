import { EngineError } from "../engine/errors.ts";
import type { Message } from "../engine/message.ts";

export interface Page {
  /** At most so many: the newest of them. */
  readonly limit?: number | undefined;
  /** Only what came before this message. */
  readonly before?: string | undefined;
}

/** @throws EngineError `INVALID_REQUEST` when there is no message `before` */
export function pageOf(messages: readonly Message[], { limit, before }: Page): readonly Message[] {
  const end = before === undefined ? messages.length : messages.findIndex(({ id }) => id === before);
  if (end < 0) {
    const message = `"before" names the message ${JSON.stringify(before)}, and the session has none such.`;
    throw new EngineError("INVALID_REQUEST", message);
  }
  return messages.slice(limit === undefined ? 0 : Math.max(0, end - limit), end);
}
