import type { RecordedFrame, RecordedInfo, RecordedPart } from "./recording.ts";

/** Why a user message is there. */
export type Origin =
  /** Somebody sent it; `parts` are the person's own, without what the engine added to them. */
  | { readonly type: "prompt"; readonly parts: readonly RecordedPart[] }
  /** Somebody asked for a summary. */
  | { readonly type: "summarize" }
  /** Somebody ran a command, and the engine noted it. */
  | { readonly type: "shell" }
  /** The engine wrote it to itself, to shorten the conversation and go on. */
  | { readonly type: "engine" };

interface Message {
  info: RecordedInfo;
  readonly parts: Map<string, RecordedPart>;
  /** The one that stands before it in its session. */
  readonly before: Message | undefined;
}

/**
 * Tells why each message of a recording is there. It reads the whole of it: what a message is shows in its parts, and
 * they come after it.
 */
export class Authors {
  readonly #messages = new Map<string, Message>();

  constructor(frames: readonly RecordedFrame[]) {
    const newest = new Map<string, Message>();
    for (const { payload } of frames) {
      const { info, part } = payload.properties ?? {};
      if (payload.type === "message.updated" && info !== undefined) {
        const { id, sessionID = "" } = info;
        const known = this.#messages.get(id);
        const message = known ?? { info, parts: new Map(), before: newest.get(sessionID) };
        message.info = info;
        this.#messages.set(id, message);
        if (known === undefined) newest.set(sessionID, message);
      } else if (payload.type === "message.part.updated" && part !== undefined) {
        this.#messages.get(part.messageID)?.parts.set(part.id, part);
      }
    }
  }

  originOf(messageId: string): Origin {
    const message = this.#messages.get(messageId);
    return message === undefined ? { type: "prompt", parts: [] } : originOf(message);
  }
}

function originOf(message: Message): Origin {
  const parts = [...message.parts.values()];
  if (parts.some(continuesTurn) || repeatsPrompt(message)) return { type: "engine" };
  if (parts.some(({ type }) => type === "compaction")) return { type: "summarize" };
  const own = parts.filter(({ synthetic }) => synthetic !== true);
  return parts.length > 0 && own.length === 0 ? { type: "shell" } : { type: "prompt", parts: own };
}

function continuesTurn({ type, auto, metadata }: RecordedPart): boolean {
  return type === "compaction" ? auto === true : metadata?.compaction_continue === true;
}

/** An engine that had to shorten the conversation before it could answer puts the prompt again behind its summary. */
function repeatsPrompt({ before: summary, ...message }: Message): boolean {
  if (summary?.info.summary !== true || !summary.info.time?.completed || summary.info.error) return false;
  let prompt = summary.before;
  while (prompt !== undefined && (prompt.info.role !== "user" || originOf(prompt).type !== "prompt"))
    prompt = prompt.before;
  const asked = prompt === undefined ? "" : textOf(prompt);
  // What it left out of the copy (images, say) it replaces by a note behind it.
  return asked !== "" && textOf(message).startsWith(asked);
}

function textOf({ parts }: Pick<Message, "parts">): string {
  return [...parts.values()].map(({ type, text = "" }) => (type === "text" ? text : "")).join("");
}
