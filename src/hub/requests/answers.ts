import { EngineError } from "../../engine/errors.ts";
import type { EngineEvent } from "../../engine/events.ts";
import type { PermissionRequest } from "../../engine/permission.ts";
import type { DecidedBy, PolicyRule } from "../../engine/policy.ts";
import { delay } from "../../engine/scope.ts";
import { cut, type DecisionLog } from "./decision-log.ts";
import type { PermissionAnswer, QuestionAnswers } from "./read-policy.ts";
import { SessionGrants, type SessionGrantsContext } from "./session-grants.ts";

/** What is to be answered, as far as it is known. */
export type AskedPermission = Pick<PermissionRequest, "permissionId"> & {
  readonly [Key in keyof PermissionRequest]?: PermissionRequest[Key] | undefined;
};

export interface AskedQuestion {
  readonly questionId: string;
  readonly sessionId?: string | undefined;
}

/** Why it is answered so. */
export interface Reason {
  readonly by: DecidedBy;
  readonly rule?: PolicyRule | undefined;
}

export interface AnswersContext extends SessionGrantsContext {
  readonly log: DecisionLog;
  sendPermission(
    asked: AskedPermission,
    answer: PermissionAnswer,
    signal: AbortSignal | undefined,
  ): Promise<void>;
  sendQuestion(asked: AskedQuestion, answer: QuestionAnswers, signal: AbortSignal | undefined): Promise<void>;
  listPermissions(signal: AbortSignal | undefined): Promise<readonly PermissionRequest[]>;
  /** Work that outlives the turn; `dispose()` waits for it. */
  background(work: Promise<unknown>): void;
}

/** Milliseconds before an answer that failed is sent again, once the engine is there. */
const AGAIN_AFTER_MS = 1_000;

/** The only way by which a request is answered, by people or without them: it is noted, and what is allowed for a session is kept. */
export class Answers {
  readonly #context: AnswersContext;
  readonly #grants: SessionGrants;
  /** What is being answered: nothing else has to answer it. */
  readonly #underway = new Map<string, Promise<void>>();

  constructor(context: AnswersContext) {
    this.#context = context;
    this.#grants = new SessionGrants(context, (request) =>
      this.insist(request.permissionId, () =>
        this.permission(request, { decision: "allow" }, { by: "session" }),
      ),
    );
  }

  /** Was it allowed for its session before? Then it is answered already. */
  isGranted(request: PermissionRequest): boolean {
    return this.#grants.covers(request);
  }

  async permission(
    asked: AskedPermission,
    answer: PermissionAnswer,
    { by, rule }: Reason,
    signal?: AbortSignal | undefined,
  ): Promise<void> {
    const { sendPermission, fanout } = this.#context;
    const { permissionId, sessionId } = asked;
    const isAllowed = answer.decision !== "deny";
    // Before it is answered: then nobody can say any more what was asked.
    const known = answer.decision === "allow_session" ? await this.#know(asked, signal) : asked;
    let isNoted = false;
    const taken = () => {
      if (!isNoted) this.#taken(known, answer, { by, rule });
      isNoted = true;
    };
    // The engine's word on it may come before its answer, and what follows from it, too.
    const next = (event: EngineEvent) => {
      if (event.type !== "permission_resolved" || event.permissionId !== permissionId) return;
      if (event.decision !== "dropped" && (event.decision !== "deny") === isAllowed) taken();
    };
    const leave = fanout.add({ next }, sessionId);
    try {
      await sendPermission(asked, answer, signal);
    } finally {
      leave();
    }
    taken();
  }

  /**
   * The answer of a person. He may have seen this request before he allowed its like for the session: to allow it once
   * more is no mistake then.
   */
  async permissionByPerson(
    asked: AskedPermission,
    answer: PermissionAnswer,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { permissionId } = asked;
    await this.#underway.get(permissionId)?.catch(() => {});
    try {
      await this.#track(permissionId, this.permission(asked, answer, { by: "person" }, signal));
    } catch (error) {
      if (answer.decision === "deny" || !EngineError.is(error, "PERMISSION_NOT_FOUND")) throw error;
      const before = this.#context.log
        .list("permission")
        .find((record) => record.permissionId === permissionId);
      if (before?.by !== "session") throw error;
    }
  }

  async question(
    asked: AskedQuestion,
    answer: QuestionAnswers,
    { by }: Reason,
    signal?: AbortSignal | undefined,
  ): Promise<void> {
    await this.#context.sendQuestion(asked, answer, signal);
    const answers = answer.answers?.map((texts) => texts.map(cut));
    const { questionId, sessionId } = asked;
    this.#context.log.add({ type: "question", questionId, sessionId, answers, by, decidedAt: Date.now() });
  }

  /**
   * Sends an answer that nobody waits for, until the engine has taken it: a request without one would wait for ever.
   * Somebody else may have been first.
   */
  insist(requestId: string, send: () => Promise<void>): void {
    if (this.#underway.has(requestId)) return;
    this.#context.background(this.#track(requestId, this.#insist(send)));
  }

  #track(requestId: string, work: Promise<void>): Promise<void> {
    const done = work.finally(() => this.#underway.delete(requestId));
    this.#underway.set(requestId, done);
    return done;
  }

  #taken(asked: AskedPermission, { decision, message }: PermissionAnswer, { by, rule }: Reason): void {
    const { permissionId, sessionId, tool, description, patterns } = asked;
    this.#context.log.add({
      type: "permission",
      permissionId,
      sessionId,
      tool,
      description: description && cut(description),
      patterns: patterns?.map(cut),
      decision,
      message,
      by,
      rule,
      decidedAt: Date.now(),
    });
    if (decision === "allow_session" && isWhole(asked)) this.#grants.add(asked);
  }

  async #insist(send: () => Promise<void>): Promise<void> {
    const { hub } = this.#context;
    for (;;) {
      try {
        return await send();
      } catch (error) {
        if (EngineError.is(error, "PERMISSION_NOT_FOUND") || EngineError.is(error, "QUESTION_NOT_FOUND"))
          return;
        if (!EngineError.is(error) || !error.retryable || hub.life.aborted) throw error;
        await delay(error.retryAfterMs ?? AGAIN_AFTER_MS, hub.life);
        // Throws when the engine was given up.
        await hub.ready(hub.life);
      }
    }
  }

  async #know(asked: AskedPermission, signal: AbortSignal | undefined): Promise<AskedPermission> {
    if (isWhole(asked)) return asked;
    const listed = await this.#context.listPermissions(signal).catch((error: unknown) => {
      if (EngineError.is(error, "UNSUPPORTED")) return [];
      throw error;
    });
    return listed.find(({ permissionId }) => permissionId === asked.permissionId) ?? asked;
  }
}

function isWhole(asked: AskedPermission): asked is PermissionRequest {
  return asked.sessionId !== undefined && asked.tool !== undefined;
}
