import type { DriverEvent, DriverMessage, DriverPart, DriverSession } from "../engine/driver-events.ts";
import type { ListedSession } from "../engine/driver-requests.ts";
import type { Part, ToolCall } from "../engine/message.ts";
import type { V1Message } from "./schema/message.ts";
import type { V1Session } from "./schema/session.ts";

export function decodeSession(wire: V1Session): DriverSession {
  const { status: _status, activity: _activity, retry: _retry, engineId: _engineId, ...session } = wire;
  return session;
}

/** A session, and how it stands. */
export function decodeListed(wire: V1Session): ListedSession {
  const session = decodeSession(wire);
  return wire.status === "running"
    ? { session, running: true }
    : { session, running: false, resting: wire.status };
}

/** Where a session stands, by the server's own account. */
export function decodeStatus({ id: sessionId, status, activity, retry }: V1Session): DriverEvent {
  return status === "running"
    ? { type: "session_status", sessionId, running: true, activity, retry }
    : { type: "session_status", sessionId, running: false, resting: status };
}

/** A message as it stands: its parts where they are told, else what they must be. */
export function decodeMessage(wire: V1Message): DriverMessage {
  const { content, parts, toolCalls = [], toolResults = [], ...info } = wire;
  if (parts !== undefined) return { ...info, parts: parts.map(decodePart) };
  const resultOf = new Map(toolResults.map((result) => [result.toolCallId, result]));
  const tools = toolCalls.map((call) => {
    const result = resultOf.get(call.id);
    return toolPart(result === undefined ? call : withResult(call, result.output, result.isError));
  });
  const { type, text = type === "text" ? "" : undefined, url, mimeType } = content;
  const attachment: DriverPart[] =
    type === "text" || url === undefined
      ? []
      : [{ part: { type, id: `${info.id}.${type}`, url, mimeType }, complete: true }];
  return { ...info, ...(text === undefined ? {} : { text }), parts: [...attachment, ...tools] };
}

/** A call of which only the result is told. */
export function withResult(call: ToolCall, result: string, isError = false): ToolCall {
  if (isError) return { ...call, status: "error", error: call.error ?? result };
  return { ...call, status: "success", output: call.output ?? result };
}

/** Named by its call: events tell the call alone. */
export function toolPart(toolCall: ToolCall): DriverPart {
  return { part: { type: "tool", id: toolCall.id, toolCall }, complete: true };
}

/** What the server tells of a part is all of it at this point of the stream; what follows says its offset. */
function decodePart(part: Part): DriverPart {
  return part.type === "tool" ? toolPart(part.toolCall) : { part, complete: true };
}
