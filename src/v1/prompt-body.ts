import type { DriverMessage } from "../engine/driver-events.ts";
import type { PromptRequest } from "../engine/driver-requests.ts";
import { type DriverContent, toContentList } from "../engine/message.ts";
import { pathOf } from "./calls.ts";
import { decodeMessage } from "./decode.ts";
import type { CommandBody, PromptBody } from "./schema/request.ts";

/** What opens a turn, as it is sent. */
export interface TurnPost {
  readonly route: "prompt" | "command";
  readonly path: string;
  readonly body: PromptBody | CommandBody;
}

export function turnPost(request: PromptRequest, messageId: string): TurnPost {
  const { sessionId, command } = request;
  const route = command === undefined ? "prompt" : "command";
  const body =
    command === undefined ? promptBody(request, messageId) : commandBody(command, request, messageId);
  return { route, path: pathOf(route, sessionId), body };
}

/** What is sent of a prompt. A session's system prompt is the server's: it got it when it created the session. */
function promptBody(request: PromptRequest, messageId: string): PromptBody {
  const { content, maxTokens, temperature, toolsOff = [] } = request;
  const systemPrompt = request.systemPromptOf === "prompt" ? request.systemPrompt : undefined;
  return {
    ...contentBody(content),
    ...turnOptions(request, messageId),
    systemPrompt,
    maxTokens,
    temperature,
    // A server may not know the field.
    toolsOff: toolsOff.length === 0 ? undefined : [...toolsOff],
  };
}

function commandBody(
  { name, arguments: args }: NonNullable<PromptRequest["command"]>,
  request: PromptRequest,
  messageId: string,
): CommandBody {
  const attachments = toContentList(request.content).map((item) => ({ ...item }));
  return {
    name,
    arguments: args,
    ...(attachments.length === 0 ? {} : { attachments }),
    ...turnOptions(request, messageId),
  };
}

function turnOptions({ model, agent, variant }: PromptRequest, messageId: string) {
  return { messageId, model, agent, variant };
}

export function contentBody(content: DriverContent): PromptBody {
  if (typeof content === "string") return { prompt: content };
  return { content: toContentList(content).map((item) => ({ ...item })) };
}

/** The prompt as a message, where the server does not tell it; a command as a person types it. */
export function userMessage(request: PromptRequest, id: string, now: number): DriverMessage {
  const { sessionId, command } = request;
  const typed =
    command && ({ type: "text", text: `/${command.name} ${command.arguments}`.trimEnd() } as const);
  const content = [...(typed ? [typed] : []), ...toContentList(request.content)];
  const message = { id, sessionId, role: "user", turnId: id, createdAt: now } as const;
  const parts = content.flatMap(
    (item, index) => decodeMessage({ ...message, id: `${id}.${index}`, content: item }).parts ?? [],
  );
  return { ...message, text: content.flatMap(({ text }) => text ?? []).join("\n"), parts };
}

/** Random: the contract orders by nothing else than the list itself. */
export function mintMessageId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `msg_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
