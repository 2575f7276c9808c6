import type { Diagnostic } from "../engine/diagnostics.ts";
import type { DriverEvent } from "../engine/driver-events.ts";
import { reasonOf } from "../engine/errors.ts";
import { withConfigured, withCurrent } from "./choices.ts";
import { type UpdateKind, updateSchemas, type WireUpdate } from "./schema.ts";
import type { SessionRecord } from "./session-record.ts";
import { addUsage, hasFailedIn, stepUsageIn } from "./vendor-fields.ts";

export interface UpdatesContext {
  tell(event: DriverEvent): void;
  diagnostic(diagnostic: Diagnostic): void;
}

/** Takes in what an agent says of a session. Never throws: what can't be read is left out, and told. */
export function takeUpdate(
  record: SessionRecord,
  kind: string,
  raw: unknown,
  { tell, diagnostic }: UpdatesContext,
): void {
  const sessionId = record.id;
  const passOn = (): void => tell({ type: "unknown", sessionId, name: kind, raw });
  if (!isKnown(kind)) {
    passOn();
    return;
  }
  let told: WireUpdate;
  try {
    // The kind goes with its own schema, which types can't follow.
    told = { kind, update: updateSchemas[kind].parse(raw) } as WireUpdate;
  } catch (cause) {
    const message = `An update of the kind ${kind} could not be read, and was left out: ${reasonOf(cause)}`;
    diagnostic({ level: "warning", code: "malformed_event", message, sessionId, cause });
    return;
  }
  const transcript = record.replay ?? record.transcript;
  const { turn } = record;
  switch (told.kind) {
    case "user_message_chunk":
      // Of a prompt that was sent from here it is known what the user said.
      if (record.replay !== undefined || turn === undefined)
        transcript?.addFromUser(told.update.content, told.update.messageId ?? undefined);
      break;
    case "agent_message_chunk":
    case "agent_thought_chunk": {
      const { content, messageId, _meta } = told.update;
      const used = stepUsageIn(_meta);
      if (turn !== undefined && used !== undefined) turn.used = addUsage(turn.used, used);
      // Where it says nothing it has not gone on.
      if (turn !== undefined && content.text !== "") turn.denied = undefined;
      const part = told.kind === "agent_message_chunk" ? "text" : "reasoning";
      transcript?.add(part, content, messageId ?? undefined);
      break;
    }
    case "tool_call":
      if (turn !== undefined) turn.denied = undefined;
      transcript?.toolCalls.take(told.update, true);
      break;
    case "tool_call_update":
      transcript?.toolCalls.take(told.update, false);
      break;
    case "plan":
      record.todos = told.update.entries.map(({ content, status, priority }) => ({
        content,
        status: status ?? "pending",
        priority: priority ?? "medium",
      }));
      if (record.replay === undefined) tell({ type: "todo_updated", sessionId, todos: record.todos });
      break;
    case "available_commands_update":
      record.setCommands(
        told.update.availableCommands.map(({ name, description, input }) => ({
          name: name.replace(/^\//, ""),
          ...(description == null ? {} : { description }),
          placeholders: input == null ? [] : ["$ARGUMENTS"],
        })),
      );
      passOn();
      break;
    case "current_mode_update":
      record.setChoices(withCurrent(record.choices, "agent", told.update.currentModeId));
      passOn();
      break;
    case "config_option_update": {
      const { model } = record.session;
      record.setChoices(withConfigured(record.choices, told.update.configOptions));
      if (record.session.model !== model) tell({ type: "session_updated", session: record.session });
      passOn();
      break;
    }
    case "session_info_update": {
      const { title, updatedAt, _meta } = told.update;
      if (turn !== undefined) turn.hasFailed = hasFailedIn(_meta) ?? turn.hasFailed;
      const at = Date.parse(updatedAt ?? "");
      record.session = {
        ...record.session,
        ...(title == null || record.hasOwnTitle ? {} : { title }),
        ...(Number.isNaN(at) ? {} : { updatedAt: at }),
      };
      tell({ type: "session_updated", session: record.session });
      break;
    }
    case "usage_update": {
      const { size, cost } = told.update;
      record.contextSize = size;
      if (cost?.currency === "USD") record.cost = cost.amount;
      passOn();
      break;
    }
    case "notice": {
      const { severity, title, description } = told.update;
      const level = severity === "error" || severity === "warning" ? severity : "info";
      const message = description == null ? title : `${title}: ${description}`;
      diagnostic({ level, code: "agent_notice", message, sessionId });
      passOn();
      break;
    }
  }
}

function isKnown(kind: string): kind is UpdateKind {
  return Object.hasOwn(updateSchemas, kind);
}
