import type { SignalOf, StateOf } from "./machine.ts";
import { defineMachine } from "./machine.ts";

/**
 * The life of a tool call.
 *
 * Engines report how a call stands, not what changed, so the signals are reports, and a reported status is one
 * template away from its signal:
 *
 * ```ts
 * toolCallMachine.tryTransition(toolCall.status, `tool_${reported.status}`);
 * ```
 *
 * Reports repeat (input still streaming in `pending`, output growing in `running`), and `running` may never come: a
 * call with a bad name or bad arguments goes from `pending` to `success` or `error`, a denied one to `error`.
 * `tool_cancelled` is the client's own conclusion, for a call that its turn left behind (aborted, or the engine died
 * and will never report it).
 *
 * `success` and `error` are final: a late or repeated report changes nothing. Only reading the message again does
 * (`toolCallMachine.restore`): an aborted command may turn out to have succeeded.
 */
export const toolCallMachine = /* @__PURE__ */ defineMachine({
  name: "tool call",
  initial: "pending",
  restoredBy: "restored",
  states: {
    pending: {
      tool_pending: "pending",
      tool_running: "running",
      tool_success: "success",
      tool_error: "error",
      tool_cancelled: "error",
    },
    running: {
      tool_running: "running",
      tool_success: "success",
      tool_error: "error",
      tool_cancelled: "error",
    },
    success: {},
    error: {},
  },
});

/** `pending` (asked for, not started), `running`, `success` or `error`. */
export type ToolCallStatus = StateOf<typeof toolCallMachine>;

/** What moves a tool call from one {@link ToolCallStatus} to the next. */
export type ToolCallSignal = SignalOf<typeof toolCallMachine>;
