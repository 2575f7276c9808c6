import type { DiagnosticHandler } from "../../engine/diagnostics.ts";
import { EngineError, reasonOf } from "../../engine/errors.ts";
import type { EngineEvent, PermissionRequestedEvent, QuestionAskedEvent } from "../../engine/events.ts";
import { delay, withDeadline } from "../../engine/scope.ts";
import type { Fanout } from "../fanout.ts";
import type { Link } from "../link.ts";
import type { SessionStore } from "../session-store.ts";
import type { Answers, Reason } from "./answers.ts";
import type { Policy, ReadPolicies } from "./read-policy.ts";

/** What waits for an answer. */
export type Request = PermissionRequestedEvent | QuestionAskedEvent;

export function isRequest<Event extends { readonly type: string }>(event: Event): event is Event & Request {
  return event.type === "permission_requested" || event.type === "question_asked";
}

export interface RequestDeskContext {
  readonly link: Link;
  readonly store: SessionStore;
  readonly fanout: Fanout;
  readonly answers: Answers;
  readonly diagnostic: DiagnosticHandler;
  /** Does this event reach anybody besides? */
  readonly hasAudience: (event: Request) => boolean;
}

/** Of the turn in which it is asked. */
export interface Attendance {
  readonly policies: ReadPolicies;
  /** Does somebody iterate the turn's events? */
  isRead(): boolean;
  /** The turn has been handed out to its caller, who may begin to read it. */
  readonly handedOut: Promise<unknown>;
  /** It is left to people. */
  show(): void;
}

/** A request, and all that differs between permissions and questions. */
interface Matter<Asked, Answer> {
  readonly asked: Asked;
  readonly event: Request;
  readonly policy: Policy<Asked, Answer> | undefined;
  readonly nobody: Answer;
  isResolvedBy(event: EngineEvent): boolean;
  isPending(): boolean;
  /** Sends the answer, without waiting. */
  send(answer: Answer, reason: Reason): void;
}

const NOBODY =
  "Nobody is there to answer permission requests in this run. Go on without this tool, or say what you would need.";
const NOBODY_ANSWERS =
  "Nobody is there to answer questions in this run. Decide for yourself, or say what you would need to know.";

/** Milliseconds for a policy's function that has no deadline of its own. */
const DECIDE_MS = 60_000;

/** Where the requests of this client's turns come in: a policy decides, or people do, or nobody is there. */
export class RequestDesk {
  readonly #context: RequestDeskContext;

  constructor(context: RequestDeskContext) {
    this.#context = context;
  }

  attend(event: Request, attendance: Attendance): void {
    const { answers, store } = this.#context;
    const { sessionId } = event;
    if (event.type === "permission_requested") {
      if (answers.isGranted(event)) return;
      const { permissionId: id } = event;
      void this.#attend(attendance, {
        asked: event,
        event,
        policy: attendance.policies.permission,
        nobody: { decision: "deny", message: NOBODY },
        isResolvedBy: (other) => other.type === "permission_resolved" && other.permissionId === id,
        isPending: () => store.get(sessionId)?.permissions.has(id) === true,
        send: (answer, reason) => answers.insist(id, () => answers.permission(event, answer, reason)),
      });
    } else {
      const { questionId: id, questions } = event;
      void this.#attend(attendance, {
        asked: event,
        event,
        policy: attendance.policies.question,
        nobody: { answers: questions.map(() => [NOBODY_ANSWERS]) },
        isResolvedBy: (other) => other.type === "question_resolved" && other.questionId === id,
        isPending: () => store.get(sessionId)?.questions.has(id) === true,
        send: (answer, reason) => answers.insist(id, () => answers.question(event, answer, reason)),
      });
    }
  }

  async #attend<Asked, Answer>(attendance: Attendance, matter: Matter<Asked, Answer>): Promise<void> {
    const { link, fanout, diagnostic } = this.#context;
    // Before anything else happens: what people are to see they see in its place.
    if (matter.policy === undefined) attendance.show();
    const over = new AbortController();
    const end = () => over.abort();
    const next = (event: EngineEvent) => {
      if (matter.isResolvedBy(event)) end();
    };
    const leave = fanout.add({ next, end }, matter.event.sessionId);
    const until = AbortSignal.any([over.signal, link.signal]);
    try {
      await this.#settle(attendance, matter, until);
    } catch (cause) {
      // Somebody else answered it, its turn is over, or the client was disposed.
      if (until.aborted) return;
      const { sessionId } = matter.event;
      diagnostic({ level: "error", code: "request_failed", message: reasonOf(cause), sessionId, cause });
    } finally {
      leave();
    }
  }

  async #settle<Asked, Answer>(
    { isRead, handedOut, show }: Attendance,
    matter: Matter<Asked, Answer>,
    until: AbortSignal,
  ): Promise<void> {
    const { policy, event } = matter;
    const began = performance.now();
    if (policy !== undefined) {
      // It may have been answered before its turn had a name.
      if (!matter.isPending()) return;
      const decided = await this.#decide(matter, policy, until);
      if (decided !== undefined) return matter.send(decided.answer, decided);
      show();
    }
    await Promise.allSettled([handedOut]);
    // Who has just been handed the turn may begin to read it.
    await delay(0, until);
    if (!isRead() && !this.#context.hasAudience(event)) return matter.send(matter.nobody, { by: "nobody" });
    if (policy?.deadline === undefined) return;
    await delay(Math.max(0, policy.deadline - (performance.now() - began)), until);
    matter.send(policy.fallback(matter.asked), { by: "default" });
  }

  /** `undefined`: it is left to people. */
  async #decide<Asked, Answer>(
    { asked, event }: Matter<Asked, Answer>,
    policy: Policy<Asked, Answer>,
    until: AbortSignal,
  ): Promise<({ readonly answer: Answer } & Reason) | undefined> {
    const ruled = policy.rule(asked);
    if (ruled !== undefined) {
      const { answer, rule } = ruled;
      return answer === "ask" ? undefined : { answer, by: "rule", rule };
    }
    const { decide, deadline = DECIDE_MS } = policy;
    if (decide === undefined) return undefined;
    const late = () => new EngineError("TIMEOUT", `It did not decide within ${deadline} ms.`);
    try {
      const answer = await withDeadline(deadline, late, [until], (signal) => decide(asked, signal));
      return answer === "ask" ? undefined : { answer, by: "function" };
    } catch (cause) {
      until.throwIfAborted();
      const { sessionId } = event;
      const message = `A policy's function failed, and its default decision counts: ${reasonOf(cause)}`;
      this.#context.diagnostic({ level: "warning", code: "policy_failed", message, sessionId, cause });
      return { answer: policy.fallback(asked), by: "default" };
    }
  }
}
