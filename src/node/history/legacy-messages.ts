import type { DriverMessage } from "../../engine/driver-events.ts";
import type { EngineErrorInfo } from "../../engine/errors.ts";
import type { StopReason } from "../../engine/message.ts";
import { decodeLegacyPart, type LegacyPart, readLegacyParts, type ToolOutcome } from "./legacy-parts.ts";
import type { Row } from "./reader.ts";
import { readRow } from "./rows.ts";

type Columns = Readonly<Record<string, unknown>>;

/** Seconds or milliseconds; what is too small for milliseconds since 1973 are seconds. */
export function toMs(time: unknown): number {
  if (typeof time !== "number") throw new TypeError("its time is no number.");
  return time < 100_000_000_000 ? time * 1000 : time;
}

/** Oldest first. The results of tools, which have rows of their own, go to the messages that called them. */
export function decodeLegacyMessages(rows: readonly Columns[]): readonly Row<DriverMessage>[] {
  const outcomes = new Map<string, ToolOutcome>();
  const read = rows.map((row) =>
    readRow("message", row.id, () => {
      const parts = readLegacyParts(row.parts);
      for (const { type, data } of parts) {
        if (type !== "tool_result") continue;
        const { tool_call_id: id, content, is_error } = data;
        outcomes.set(String(id), { output: String(content ?? ""), isError: is_error === true });
      }
      return { row, parts };
    }),
  );
  const messages: Row<DriverMessage>[] = [];
  let turnId: string | undefined;
  for (const one of read) {
    if (!one.ok) {
      messages.push(one);
      continue;
    }
    const { row, parts } = one.value;
    if (row.role === "user") turnId = String(row.id);
    else if (row.role !== "assistant") continue;
    messages.push(readRow("message", row.id, () => decodeMessage(row, parts, turnId, outcomes)));
  }
  return messages;
}

function decodeMessage(
  row: Columns,
  parts: readonly LegacyPart[],
  turnId: string | undefined,
  outcomes: ReadonlyMap<string, ToolOutcome>,
): DriverMessage {
  const id = String(row.id);
  const finish = parts.find(({ type }) => type === "finish")?.data;
  // In the oldest releases a finish stands in the parts alone.
  const completed = row.finished_at ?? finish?.time;
  return {
    id,
    sessionId: String(row.session_id),
    role: row.role === "user" ? "user" : "assistant",
    createdAt: toMs(row.created_at),
    ...(turnId === undefined ? {} : { turnId }),
    ...(row.role === "assistant" && completed ? { completedAt: toMs(completed) } : {}),
    ...(row.model ? { model: String(row.model) } : {}),
    ...(finish === undefined || row.role === "user" ? {} : decodeFinish(finish.reason)),
    parts: parts.flatMap((part, index) => decodeLegacyPart(part, `${id}.${index}`, outcomes) ?? []),
  };
}

function decodeFinish(reason: unknown): { stopReason?: StopReason; error?: EngineErrorInfo } {
  switch (reason) {
    case "end_turn":
      return { stopReason: "stop" };
    case "max_tokens":
      return { stopReason: "length" };
    case "tool_use":
    // The tool that was denied has failed; that is what tells it from the others.
    case "permission_denied":
      return { stopReason: "tool_calls" };
    case "canceled":
      return { error: { code: "PROMPT_ABORTED", message: "The turn was stopped." } };
    case "error":
      return { error: { code: "UNKNOWN", message: "The turn failed; the file does not say why." } };
    default:
      return {};
  }
}
