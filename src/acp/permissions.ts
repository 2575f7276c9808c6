import type { RequestPermissionResponse } from "@agentclientprotocol/sdk";
import type { DriverEvent } from "../engine/driver-events.ts";
import type { PermissionReply } from "../engine/driver-requests.ts";
import { EngineError, reasonOf } from "../engine/errors.ts";
import type { PermissionDecision, PermissionRequest } from "../engine/permission.ts";
import { permissionSchema, type WirePermission, type WireToolCall } from "./schema.ts";
import { refusal } from "./sdk.ts";
import type { PendingPermission, SessionRecord } from "./session-record.ts";
import { nameAsked } from "./tool-call.ts";

export interface PermissionsContext {
  readonly engine: string;
  find(sessionId: string): SessionRecord | undefined;
  records(): Iterable<SessionRecord>;
  tell(event: DriverEvent): void;
}

const cancelled: RequestPermissionResponse = { outcome: { outcome: "cancelled" } };

/** Which of the agent's options a decision is, the best first. */
const KINDS = {
  allow: ["allow_once"],
  allow_session: ["allow_always"],
  deny: ["reject_once", "reject_always"],
} as const satisfies Record<PermissionDecision, readonly string[]>;

/** What the agent asks before it runs a tool. */
export class Permissions {
  readonly #context: PermissionsContext;
  #count = 0;

  constructor(context: PermissionsContext) {
    this.#context = context;
  }

  /** Resolves with the answer for the agent, or with "cancelled" where nobody can answer any more. */
  async ask(params: unknown, signal: AbortSignal): Promise<RequestPermissionResponse> {
    const asked = read(params);
    const record = this.#context.find(asked.sessionId);
    const turn = record?.turn;
    if (record?.transcript === undefined || turn === undefined || turn.isCancelled) return cancelled;
    const { toolCall, options } = asked;
    const known = record.transcript.toolCalls.get(toolCall.toolCallId);
    const { status: _, rawInput, title, ...more } = toolCall;
    // What it says of the call is no output.
    const content = more.content?.filter(({ type }) => type !== "content");
    // Of a call that is known it repeats what was said, and mostly less of it; some are announced before their input is there.
    const isNews = known === undefined || Object.keys(known.input).length === 0;
    const call = record.transcript.toolCalls.take(
      {
        ...more,
        content: content?.length === 0 ? undefined : content,
        ...(isNews ? { rawInput, title } : {}),
      },
      known === undefined,
    );
    this.#count += 1;
    const patterns = patternsOf(toolCall);
    const request: PermissionRequest = {
      permissionId: `per_${this.#count}_${toolCall.toolCallId}`,
      sessionId: record.id,
      messageId: turn.answerId,
      toolCallId: toolCall.toolCallId,
      description: describe(toolCall),
      tool: nameAsked(toolCall, call.name),
      ...(patterns === undefined ? {} : { patterns }),
      ...(call.diff === undefined ? {} : { diff: call.diff }),
      options: decisionsIn(options),
      createdAt: Date.now(),
    };
    return this.#wait(record, request, options, signal);
  }

  /** @throws EngineError `PERMISSION_NOT_FOUND`; `INVALID_REQUEST` for a decision that the agent does not offer */
  reply({ permissionId, decision }: PermissionReply): void {
    const found = this.#find(permissionId);
    const engine = this.#context.engine;
    if (found === undefined) {
      const message = `No permission request ${permissionId} waits for an answer.`;
      throw new EngineError("PERMISSION_NOT_FOUND", message, { engine });
    }
    const { record, pending } = found;
    const option = optionFor(decision, pending.options);
    if (option === undefined && decision !== "deny") {
      const offered = decisionsIn(pending.options).join(", ");
      const message = `The agent does not offer ${JSON.stringify(decision)} here. It offers ${offered}.`;
      throw new EngineError("INVALID_REQUEST", message, { engine, sessionId: record.id });
    }
    if (decision === "deny") {
      const { toolCallId } = pending.request;
      if (record.turn !== undefined) record.turn.denied = toolCallId;
      if (toolCallId !== undefined) record.transcript?.toolCalls.deny(toolCallId);
    }
    const response: RequestPermissionResponse =
      option === undefined ? cancelled : { outcome: { outcome: "selected", optionId: option.optionId } };
    this.#settle(record, pending, response, decision);
  }

  /** Nobody needs to answer what this session has asked. */
  drop(record: SessionRecord): void {
    for (const pending of [...record.permissions.values()])
      this.#settle(record, pending, cancelled, "dropped");
  }

  #wait(
    record: SessionRecord,
    request: PermissionRequest,
    options: WirePermission["options"],
    signal: AbortSignal,
  ): Promise<RequestPermissionResponse> {
    const { promise, resolve } = Promise.withResolvers<RequestPermissionResponse>();
    const onAbort = (): void => this.#settle(record, pending, cancelled, "dropped");
    const pending: PendingPermission = {
      request,
      options,
      answer: (response) => {
        signal.removeEventListener("abort", onAbort);
        resolve(response);
      },
    };
    record.permissions.set(request.permissionId, pending);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#context.tell({ type: "permission_requested", request });
    return promise;
  }

  #settle(
    record: SessionRecord,
    pending: PendingPermission,
    response: RequestPermissionResponse,
    decision: PermissionDecision | "dropped",
  ): void {
    const { permissionId } = pending.request;
    if (!record.permissions.delete(permissionId)) return;
    this.#context.tell({ type: "permission_resolved", permissionId, sessionId: record.id, decision });
    pending.answer(response);
  }

  #find(permissionId: string) {
    for (const record of this.#context.records()) {
      const pending = record.permissions.get(permissionId);
      if (pending !== undefined) return { record, pending };
    }
    return undefined;
  }
}

function read(params: unknown): WirePermission {
  try {
    return permissionSchema.parse(params);
  } catch (error) {
    throw refusal("invalidParams", `The request can't be read: ${reasonOf(error)}`);
  }
}

function optionFor(decision: PermissionDecision, options: WirePermission["options"]) {
  for (const kind of KINDS[decision]) {
    const found = options.find((option) => option.kind === kind);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `deny` in any case: an agent that offers nothing like it is told that the question was withdrawn. */
function decisionsIn(options: WirePermission["options"]): readonly PermissionDecision[] {
  const offered = (["allow", "allow_session"] as const).filter(
    (one) => optionFor(one, options) !== undefined,
  );
  return [...offered, "deny"];
}

const VERBS: ReadonlyMap<string, string> = new Map([
  ["execute", "Run"],
  ["edit", "Edit"],
  ["delete", "Delete"],
  ["move", "Move"],
  ["read", "Read"],
  ["fetch", "Fetch"],
]);

function describe({ title, kind, locations, toolCallId }: WireToolCall): string {
  const what = title || locations?.[0]?.path || toolCallId;
  const verb = VERBS.get(kind ?? "");
  if (verb === undefined || what.toLowerCase().startsWith(verb.toLowerCase())) return what;
  if (kind === "execute") return `${verb} \`${what}\``;
  // Many agents put a verb into the title themselves: only a thing gets one.
  const isThing = !/\s/.test(what) || locations?.some(({ path }) => path.endsWith(what)) === true;
  return isThing ? `${verb} ${what}` : what;
}

/** What it is about, for policies: the command, else the paths, else the address. */
function patternsOf({ rawInput, locations }: WireToolCall): readonly string[] | undefined {
  const input: unknown = rawInput;
  const field = (name: string): unknown =>
    typeof input === "object" && input !== null ? Reflect.get(input, name) : undefined;
  const command = field("command");
  if (typeof command === "string") return [command];
  if (Array.isArray(command) && command.length > 0) return [command.join(" ")];
  if (locations != null && locations.length > 0) return [...new Set(locations.map(({ path }) => path))];
  const url = field("url");
  return typeof url === "string" ? [url] : undefined;
}
