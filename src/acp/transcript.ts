import type { DriverEvent, DriverMessage } from "../engine/driver-events.ts";
import type { MessageContent, Part } from "../engine/message.ts";
import { attachmentOf, textOf } from "./content.ts";
import type { WireContent } from "./schema.ts";
import {
  isOpenText,
  type MessageInfo,
  partId,
  type StoredMessage,
  toDriverMessage,
} from "./stored-message.ts";
import { TranscriptToolCalls } from "./transcript-tool-calls.ts";

export interface TranscriptOptions {
  readonly sessionId: string;
  /** Unix milliseconds of what is told from now on. */
  now(): number;
  tell(event: DriverEvent): void;
  terminalOutput(terminalId: string): string | undefined;
}

/**
 * The conversation of a session, as the agent told it: agents tell a stream of chunks, and mostly nobody else keeps what
 * came of it. A turn is a message of the user and one of the assistant.
 */
export class Transcript {
  readonly #options: TranscriptOptions;
  readonly #messages: StoredMessage[] = [];
  /** Its calls of tools. */
  readonly toolCalls: TranscriptToolCalls;
  #size = 0;

  constructor(options: TranscriptOptions) {
    this.#options = options;
    const { sessionId, now, tell, terminalOutput } = options;
    this.toolCalls = new TranscriptToolCalls({
      sessionId,
      now,
      tell,
      terminalOutput,
      newest: () => this.#messages.at(-1),
      answer: () => {
        const answer = this.#answer();
        this.#closeText(answer);
        return answer;
      },
    });
  }

  /** Roughly how many characters it holds. */
  get size(): number {
    return this.#size + this.toolCalls.size;
  }

  list(): readonly DriverMessage[] {
    return this.#messages.map(toDriverMessage);
  }

  /** A prompt, and the message that will be its answer, of this model. */
  begin(turnId: string, content: readonly MessageContent[], model: string | undefined): void {
    const prompt = this.#newMessage({ id: turnId, role: "user", turnId }, undefined);
    for (const { type, text = "", url, mimeType, name } of content) {
      const id = partId(prompt);
      const isText = type === "text" || url === undefined;
      prompt.parts.push({
        part: isText ? { type: "text", id, text } : { type, id, url, mimeType, name },
        complete: true,
        source: undefined,
      });
      this.#size += text.length + (url?.length ?? 0);
    }
    this.#tellMessage(prompt);
    const answer = this.#newMessage({ id: `${turnId}.answer`, role: "assistant", turnId }, undefined);
    if (model !== undefined) answer.info = { ...answer.info, model };
    this.#tellMessage(answer);
  }

  /** The answer of the newest turn has its last word. */
  finish(end: Partial<Pick<MessageInfo, "stopReason" | "error" | "usage" | "complete">>): void {
    const answer = this.#messages.at(-1);
    if (answer === undefined || answer.info.role === "user") return;
    this.#closeText(answer);
    this.toolCalls.close(answer);
    const completedAt = end.complete === false ? undefined : this.#options.now();
    answer.info = { ...answer.info, ...(completedAt === undefined ? {} : { completedAt }), ...end };
    this.#options.tell({ type: "message_updated", message: answer.info });
  }

  /** All that was told is history: no answer waits for anything. */
  settle(): void {
    for (const message of this.#messages) {
      this.#closeText(message);
      const { info } = message;
      if (info.role !== "user") message.info = { completedAt: info.createdAt, stopReason: "stop", ...info };
    }
  }

  /** Text or something else that the user said, of which the agent tells. */
  addFromUser(content: WireContent, source: string | undefined): void {
    let message = this.#messages.at(-1);
    if (message?.info.role !== "user" || (source !== undefined && message.source !== source)) {
      const id = source ?? `${this.#options.sessionId}.${this.#messages.length}`;
      message = this.#newMessage({ id, role: "user", turnId: id }, source);
    }
    this.#addWhole(message, content);
    this.#tellMessage(message);
  }

  /** What the agent says, or thinks. */
  add(kind: "text" | "reasoning", content: WireContent, source: string | undefined): void {
    const text = textOf(content);
    const answer = this.#answer();
    const isNew = answer.parts.length === 0;
    if (text === undefined) {
      this.#closeText(answer);
      this.#addWhole(answer, content);
      this.#tellMessage(answer);
      return;
    }
    if (text === "") return;
    this.#size += text.length;
    const where = this.#where(answer);
    const open = answer.parts.at(-1);
    if (open === undefined || !isOpenText(open, kind, source)) {
      this.#closeText(answer);
      const stored = { part: { type: kind, id: partId(answer), text }, complete: false, source };
      answer.parts.push(stored);
      // One that comes after its turn is told whole: with nobody to say that it goes on, it is over.
      if (isNew && answer.info.completedAt !== undefined) this.#tellMessage(answer);
      this.#options.tell({
        type: "part_updated",
        ...where,
        part: { ...stored.part, text: "" },
        complete: false,
      });
      this.#tellDelta(answer, stored.part.id, text, 0);
      return;
    }
    const offset = open.part.text.length;
    open.part = { ...open.part, text: open.part.text + text };
    this.#tellDelta(answer, open.part.id, text, offset);
  }

  /** The newest text of the newest message. */
  get lastText(): string | undefined {
    const texts = this.#messages.at(-1)?.parts.flatMap(({ part }) => (part.type === "text" ? part.text : []));
    return texts?.at(-1);
  }

  /** The newest message, if it is the agent's; else a new one. */
  #answer(): StoredMessage {
    const last = this.#messages.at(-1);
    if (last !== undefined && last.info.role !== "user") return last;
    const turnId = last?.info.id;
    const id = `${turnId ?? this.#options.sessionId}.answer`;
    const answer = this.#newMessage({ id, role: "assistant", turnId }, undefined);
    // Nobody asked for it here: it is told, and nothing is waited for.
    answer.info = { ...answer.info, completedAt: answer.info.createdAt, stopReason: "stop" };
    return answer;
  }

  #newMessage(info: Pick<MessageInfo, "id" | "role" | "turnId">, source: string | undefined): StoredMessage {
    const { sessionId, now } = this.#options;
    const message = { info: { ...info, sessionId, createdAt: now() }, parts: [], source };
    this.#messages.push(message);
    return message;
  }

  #addWhole(message: StoredMessage, content: WireContent): void {
    const id = partId(message);
    const text = textOf(content);
    const attachment = text === undefined ? attachmentOf(content) : undefined;
    const last = message.parts.at(-1)?.part;
    this.#size += text?.length ?? attachment?.url.length ?? 0;
    if (text !== undefined && last?.type === "text") message.parts.pop();
    if (text !== undefined) {
      const part: Part =
        last?.type === "text" ? { ...last, text: last.text + text } : { type: "text", id, text };
      message.parts.push({ part, complete: true, source: undefined });
    } else if (attachment !== undefined) {
      message.parts.push({ part: { ...attachment, id }, complete: true, source: undefined });
    }
  }

  #closeText(message: StoredMessage): void {
    const open = message.parts.at(-1);
    if (open === undefined || open.complete) return;
    open.complete = true;
    this.#options.tell({ type: "part_updated", ...this.#where(message), part: open.part, complete: true });
  }

  #tellMessage(message: StoredMessage): void {
    this.#options.tell({ type: "message_updated", message: toDriverMessage(message) });
  }

  #tellDelta(message: StoredMessage, id: string, delta: string, offset: number): void {
    this.#options.tell({ type: "part_delta", ...this.#where(message), partId: id, delta, offset });
  }

  #where({ info }: StoredMessage) {
    return { sessionId: this.#options.sessionId, messageId: info.id };
  }
}
