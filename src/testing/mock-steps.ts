import type { DriverEvent } from "../engine/driver-events.ts";
import type { EngineErrorInfo } from "../engine/errors.ts";
import { EngineError } from "../engine/errors.ts";
import type { ToolCall } from "../engine/message.ts";
import type { PermissionDecision, PermissionRequest } from "../engine/permission.ts";
import { scoped } from "../engine/scope.ts";

/** One thing that the mock's brain does. */
export type MockStep =
  /** Says something, in deltas of one word each. */
  | { readonly text: string }
  | { readonly reasoning: string }
  /** Runs a tool; with `ask` it asks for permission first, and fails when that is denied. */
  | {
      readonly tool: string;
      readonly input?: Readonly<Record<string, unknown>>;
      readonly output?: string;
      readonly ask?: Pick<PermissionRequest, "description" | "patterns" | "diff">;
    }
  /** Ends the turn with an error. */
  | { readonly error: EngineErrorInfo }
  /** Waits until the test lets it go on. */
  | { readonly wait: Promise<unknown> };

export interface MockStage {
  readonly sessionId: string;
  readonly messageId: string;
  readonly signal: AbortSignal;
  newId(kind: "prt" | "call" | "per"): string;
  emit(event: DriverEvent): void;
  ask(request: PermissionRequest): Promise<PermissionDecision>;
}

/** Plays one step as an engine tells it: part, deltas, whole part; tool calls by their stages. */
export async function playStep(step: MockStep, stage: MockStage): Promise<void> {
  if ("text" in step) await speak("text", step.text, stage);
  else if ("reasoning" in step) await speak("reasoning", step.reasoning, stage);
  else if ("error" in step) throw EngineError.from(step.error);
  else if ("wait" in step) await scoped([stage.signal], () => step.wait);
  else await runTool(step, stage);
}

async function speak(type: "text" | "reasoning", text: string, stage: MockStage): Promise<void> {
  const { sessionId, messageId, emit, signal } = stage;
  const id = stage.newId("prt");
  const where = { sessionId, messageId };
  emit({ type: "part_updated", ...where, part: { type, id, text: "" }, complete: false });
  for (const delta of text.match(/\s*\S+\s*/g) ?? []) {
    emit({ type: "part_delta", ...where, partId: id, delta });
    await Promise.resolve();
    signal.throwIfAborted();
  }
  emit({ type: "part_updated", ...where, part: { type, id, text }, complete: true });
}

async function runTool(step: Extract<MockStep, { tool: string }>, stage: MockStage): Promise<void> {
  const { sessionId, messageId, signal } = stage;
  const call: ToolCall = {
    id: stage.newId("call"),
    name: step.tool,
    input: step.input ?? {},
    status: "pending",
  };
  const partId = stage.newId("prt");
  const tell = (toolCall: ToolCall) =>
    stage.emit({
      type: "part_updated",
      sessionId,
      messageId,
      part: { type: "tool", id: partId, toolCall },
      complete: true,
    });
  tell(call);
  tell({ ...call, status: "running" });
  if (step.ask !== undefined) {
    const request = {
      permissionId: stage.newId("per"),
      sessionId,
      messageId,
      toolCallId: call.id,
      tool: step.tool,
    };
    const asked = { ...request, createdAt: 0, ...step.ask };
    const decision = await scoped([signal], () => stage.ask(asked)).catch((reason: unknown) => {
      tell({ ...call, status: "error", error: "Aborted." });
      throw reason;
    });
    if (decision === "deny") return tell({ ...call, status: "error", error: "Permission denied." });
  }
  tell({ ...call, status: "success", output: step.output ?? "" });
}
