import type { DriverEvent } from "../engine/driver-events.ts";
import type { EngineErrorInfo } from "../engine/errors.ts";
import { EngineError } from "../engine/errors.ts";
import type { ToolCall } from "../engine/message.ts";
import type { PermissionDecision, PermissionRequest, QuestionRequest } from "../engine/permission.ts";
import { scoped } from "../engine/scope.ts";
import type { Todo } from "../engine/todo.ts";

/** One thing that the mock's brain does. */
export type MockStep =
  /** Says something, in deltas of one word each. */
  | { readonly text: string }
  | { readonly reasoning: string }
  /**
   * Runs a tool; with `ask` it asks for permission first, and fails when that is denied. It takes `delay` milliseconds, and
   * is not done before `wait` is.
   */
  | {
      readonly tool: string;
      readonly input?: Readonly<Record<string, unknown>>;
      readonly output?: string;
      readonly ask?: Pick<PermissionRequest, "description" | "patterns" | "diff">;
      readonly delay?: number;
      readonly wait?: Promise<unknown>;
    }
  /** Asks the person, and goes on with the answers; one who does not want to answer ends the turn. */
  | { readonly question: QuestionRequest["questions"] }
  /** Writes the list that it works through. */
  | { readonly todo: readonly Todo[] }
  /** Ends the turn with an error. */
  | { readonly error: EngineErrorInfo }
  /** Says nothing for so many milliseconds of the engine's clock. */
  | { readonly delay: number }
  /** Waits until the test lets it go on. */
  | { readonly wait: Promise<unknown> };

export interface MockStage {
  readonly sessionId: string;
  readonly messageId: string;
  readonly signal: AbortSignal;
  newId(kind: "prt" | "call" | "per" | "que"): string;
  emit(event: DriverEvent): void;
  ask(request: PermissionRequest): Promise<PermissionDecision>;
  /** Resolves with the answers, or with nothing if there will be none. */
  question(request: QuestionRequest): Promise<readonly (readonly string[])[] | undefined>;
  todo(todos: readonly Todo[]): void;
  delay(ms: number): Promise<void>;
}

/**
 * Plays one step as an engine tells it: part, deltas, whole part; tool calls by their stages. Resolves with `false` if
 * the turn ends with it.
 */
export async function playStep(step: MockStep, stage: MockStage): Promise<boolean> {
  if ("question" in step) return askPerson(step.question, stage);
  if ("text" in step) await speak("text", step.text, stage);
  else if ("reasoning" in step) await speak("reasoning", step.reasoning, stage);
  else if ("error" in step) throw EngineError.from(step.error);
  else if ("todo" in step) stage.todo(step.todo);
  else if ("tool" in step) await runTool(step, stage);
  else if ("delay" in step) await stage.delay(step.delay);
  else await scoped([stage.signal], () => step.wait);
  return true;
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
  const tell = (toolCall: ToolCall) => tellTool(partId, toolCall, stage);
  const aborted = (reason: unknown) => {
    tell({ ...call, status: "error", error: "Aborted." });
    throw reason;
  };
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
    const decision = await scoped([signal], () => stage.ask(asked)).catch(aborted);
    if (decision === "deny") return tell({ ...call, status: "error", error: "Permission denied." });
  }
  if (step.delay !== undefined) await stage.delay(step.delay).catch(aborted);
  if (step.wait !== undefined) await scoped([signal], () => step.wait ?? Promise.resolve()).catch(aborted);
  tell({ ...call, status: "success", output: step.output ?? "" });
}

/** As a tool call, like engines do. */
async function askPerson(questions: QuestionRequest["questions"], stage: MockStage): Promise<boolean> {
  const { sessionId, messageId, signal } = stage;
  const partId = stage.newId("prt");
  const call: ToolCall = {
    id: stage.newId("call"),
    name: "question",
    input: { questions },
    status: "running",
  };
  const tell = (change: Partial<ToolCall>) => tellTool(partId, { ...call, ...change }, stage);
  tell({});
  const questionId = stage.newId("que");
  const request = { questionId, sessionId, messageId, toolCallId: call.id, questions, createdAt: 0 };
  const answers = await scoped([signal], () => stage.question(request)).catch((reason: unknown) => {
    tell({ status: "error", error: "Aborted." });
    throw reason;
  });
  if (answers === undefined) {
    tell({ status: "error", error: "The person dismissed the question." });
    return false;
  }
  const said = questions.map(({ question }, index) =>
    `${question} ${answers[index]?.join(", ") ?? ""}`.trim(),
  );
  tell({ status: "success", output: said.join("\n") });
  return true;
}

function tellTool(partId: string, toolCall: ToolCall, { sessionId, messageId, emit }: MockStage): void {
  const part = { type: "tool", id: partId, toolCall } as const;
  emit({ type: "part_updated", sessionId, messageId, part, complete: true });
}
