import type { DriverMessage, DriverPart } from "../engine/driver-events.ts";
import type { Part } from "../engine/message.ts";

export type MessageInfo = Omit<DriverMessage, "parts">;

/** A part, as far as it was told. */
export interface StoredPart {
  part: Part;
  complete: boolean;
  /** The agent's name of the message that the text stands in. */
  readonly source: string | undefined;
}

/** A message, as far as it was told. */
export interface StoredMessage {
  info: MessageInfo;
  readonly parts: StoredPart[];
  readonly source: string | undefined;
}

/** Text that goes on with what is told next. */
export function isOpenText(
  stored: StoredPart,
  kind: "text" | "reasoning",
  source: string | undefined,
): stored is StoredPart & { part: Extract<Part, { text: string }> } {
  if (stored.complete || stored.part.type !== kind) return false;
  return source === undefined || stored.source === undefined || stored.source === source;
}

/** Of the part that comes next. */
export function partId({ info, parts }: StoredMessage): string {
  return `${info.id}.${parts.length}`;
}

export function toDriverMessage({ info, parts }: StoredMessage): DriverMessage {
  return { ...info, parts: parts.map(({ part, complete }): DriverPart => ({ part, complete })) };
}
