import type { DriverMessage } from "../engine/driver-events.ts";
import type { PromptRequest } from "../engine/driver-requests.ts";
import { type DriverContent, toContentList } from "../engine/message.ts";
import { decodeMessage } from "./decode.ts";
import type { PromptBody } from "./schema/request.ts";

/** What is sent of a prompt. A session's system prompt is the server's: it got it when it created the session. */
export function promptBody(request: PromptRequest, messageId: string): PromptBody {
  const { content, model, maxTokens, temperature } = request;
  const systemPrompt = request.systemPromptOf === "prompt" ? request.systemPrompt : undefined;
  return { ...contentBody(content), messageId, model, systemPrompt, maxTokens, temperature };
}

export function contentBody(content: DriverContent): PromptBody {
  if (typeof content === "string") return { prompt: content };
  return { content: toContentList(content).map((item) => ({ ...item })) };
}

/** The prompt as a message, where the server does not tell it. */
export function userMessage({ sessionId, content }: PromptRequest, id: string, now: number): DriverMessage {
  const [first = { type: "text", text: "" } as const, ...rest] = toContentList(content);
  const message = { id, sessionId, role: "user", turnId: id, createdAt: now } as const;
  const parts = [first, ...rest].flatMap(
    (item, index) => decodeMessage({ ...message, id: `${id}.${index}`, content: item }).parts ?? [],
  );
  const texts = [first, ...rest].flatMap(({ text }) => text ?? []);
  return { ...message, text: texts.join("\n"), parts };
}

/** Random: the contract orders by nothing else than the list itself. */
export function mintMessageId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `msg_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
