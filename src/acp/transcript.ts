import type { DriverEvent, DriverMessage, DriverPart } from "../engine/driver-events.ts";
import type { MessageContent, Part, ToolCall } from "../engine/message.ts";
import { attachmentOf, textOf } from "./content.ts";
import type { WireContent, WireToolCall } from "./schema.ts";
import { mergeToolCall, type ToldToolCall, type ToolCallContext } from "./tool-call.ts";

type MessageInfo = Omit<DriverMessage, "parts">;

interface StoredPart {
  part: Part;
  complete: boolean;
  /** The agent's name of the message that the text stands in. */
  readonly source: string | undefined;
}

interface StoredMessage {
  info: MessageInfo;
  readonly parts: StoredPart[];
  readonly source: string | undefined;
}

interface StoredToolCall {
  readonly message: StoredMessage;
  readonly part: StoredPart;
  told: ToldToolCall;
}

export interface TranscriptOptions {
  readonly sessionId: string;
  /** Unix milliseconds of what is told from now on. */
  now(): number;
  tell(event: DriverEvent): void;
  terminalOutput(terminalId: string): string | undefined;
}

const UNFINISHED = "The turn ended before the tool did.";
const DENIED = "Its permission was denied.";

/**
 * The conversation of a session, as the agent told it: agents tell a stream of chunks, and mostly nobody else keeps what
 * came of it. A turn is a message of the user and one of the assistant.
 */
export class Transcript {
  readonly #options: TranscriptOptions;
  readonly #messages: StoredMessage[] = [];
  readonly #toolCalls = new Map<string, StoredToolCall>();
  readonly #denied = new Set<string>();
  #size = 0;

  constructor(options: TranscriptOptions) {
    this.#options = options;
  }

  /** Roughly how many characters it holds. */
  get size(): number {
    return this.#size;
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
    this.#closeToolCalls(answer);
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

  /**
   * A call of a tool. `isNew`: it is announced, and is no other that had the same id before. Returns the call.
   */
  addToolCall(update: WireToolCall, isNew: boolean) {
    const { now, terminalOutput } = this.#options;
    const failure = this.#denied.has(update.toolCallId) ? DENIED : undefined;
    const context: ToolCallContext = { now: now(), terminalOutput, failure };
    let stored = this.#toolCalls.get(update.toolCallId);
    if (isNew && stored !== undefined && stored.message !== this.#messages.at(-1)) stored = undefined;
    const told = mergeToolCall(stored?.told, update, context);
    this.#size += sizeOf(told) - (stored === undefined ? 0 : sizeOf(stored.told));
    if (stored === undefined) {
      const message = this.#answer();
      this.#closeText(message);
      const part: StoredPart = {
        part: { type: "tool", id: partId(message), toolCall: told.toolCall },
        complete: true,
        source: undefined,
      };
      message.parts.push(part);
      stored = { message, part, told };
      this.#toolCalls.set(update.toolCallId, stored);
    }
    stored.told = told;
    stored.part.part = { type: "tool", id: stored.part.part.id, toolCall: told.toolCall };
    const where = this.#where(stored.message);
    this.#options.tell({ type: "part_updated", ...where, part: stored.part.part, complete: true });
    return told.toolCall;
  }

  toolCall(id: string): ToolCall | undefined {
    return this.#toolCalls.get(id)?.told.toolCall;
  }

  /** It may not run: where the agent does not say so, that is why it failed. */
  deny(id: string): void {
    this.#denied.add(id);
  }

  /** The newest text of the newest message. */
  get lastText(): string | undefined {
    const texts = this.#messages.at(-1)?.parts.flatMap(({ part }) => (part.type === "text" ? part.text : []));
    return texts?.at(-1);
  }

  /** A terminal has shown more: so has the call that runs in it. */
  terminalGrew(terminalId: string): void {
    for (const { told } of [...this.#toolCalls.values()])
      if (told.terminals.includes(terminalId) && told.toolCall.status === "running")
        this.addToolCall({ toolCallId: told.toolCall.id }, false);
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

  /** Nobody will say any more what became of them. */
  #closeToolCalls(answer: StoredMessage): void {
    for (const { message, told } of [...this.#toolCalls.values()]) {
      const { id, status } = told.toolCall;
      if (message !== answer || status === "success" || status === "error") continue;
      const ended = { toolCallId: id, status: "failed" };
      this.addToolCall(
        told.toolCall.output === undefined
          ? { ...ended, rawOutput: this.#denied.has(id) ? DENIED : UNFINISHED }
          : ended,
        false,
      );
    }
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

function isOpenText(
  stored: StoredPart,
  kind: "text" | "reasoning",
  source: string | undefined,
): stored is StoredPart & { part: Extract<Part, { text: string }> } {
  if (stored.complete || stored.part.type !== kind) return false;
  return source === undefined || stored.source === undefined || stored.source === source;
}

function partId({ info, parts }: StoredMessage): string {
  return `${info.id}.${parts.length}`;
}

function toDriverMessage({ info, parts }: StoredMessage): DriverMessage {
  return { ...info, parts: parts.map(({ part, complete }): DriverPart => ({ part, complete })) };
}

function sizeOf({ toolCall }: ToldToolCall): number {
  const patches = toolCall.diff?.reduce((sum, { patch }) => sum + patch.length, 0) ?? 0;
  return (toolCall.output?.length ?? 0) + patches;
}
