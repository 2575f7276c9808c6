import type { PermissionDecision, PermissionRequest, QuestionRequest } from "./permission.ts";
import type { QuestionAnswer } from "./question.ts";

/** A decision, or that a person is to decide. */
export type PolicyDecision = PermissionDecision | "ask";

/** Fits requests of this tool for what fits this pattern. Both are wildcards; see `docs/permissions.md`. */
export interface PolicyRule {
  /** As in `PermissionRequest.tool`, for example `"bash"` or `"edit"`. Default: `"*"`, any. */
  readonly tool?: string | undefined;
  /** For one of `PermissionRequest.patterns`, for example `"git status *"` or `"docs/*"`. Default: `"*"`, any. */
  readonly pattern?: string | undefined;
  readonly decision: PolicyDecision;
  /** With `"deny"`: what the model is told. Default: that this run does not permit it. */
  readonly message?: string | undefined;
}

/** A decision with a word to the model. */
export interface PolicyAnswer {
  readonly decision: PolicyDecision;
  /** As in {@link PolicyRule}. */
  readonly message?: string | undefined;
}

export interface PolicyContext {
  /** Aborts when there is nothing more to decide: the deadline passed, somebody else answered, the turn is over. */
  readonly signal: AbortSignal;
}

/** Decides about a request. */
export type PermissionJudge = (
  request: PermissionRequest,
  context: PolicyContext,
) => PolicyDecision | PolicyAnswer | Promise<PolicyDecision | PolicyAnswer>;

/** What is decided without a person, and what when nobody comes. */
export interface PermissionPolicyOptions {
  /** The first that fits counts, for each pattern of a request; of several the strictest. Default: none. */
  readonly rules?: readonly PolicyRule[] | undefined;
  /** Asked where no rule fits. Default: a person is to decide. */
  readonly decide?: PermissionJudge | undefined;
  /**
   * Milliseconds that a request may wait, for `decide` and for a person. Default: 60000 for `decide`, none for people.
   */
  readonly deadline?: number | undefined;
  /** When the deadline has passed, or `decide` failed. Default: `"deny"`. */
  readonly defaultDecision?: PermissionDecision | undefined;
}

/** A list of rules, a function, or both with a deadline. */
export type PermissionPolicy = readonly PolicyRule[] | PermissionJudge | PermissionPolicyOptions;

/** The answers, one for each question; `"reject"`: there will be none; `"ask"`: a person is to answer. */
export type QuestionDecision = readonly QuestionAnswer[] | "reject" | "ask";

/** Answers what the model asks. */
export type QuestionJudge = (
  request: QuestionRequest,
  context: PolicyContext,
) => QuestionDecision | Promise<QuestionDecision>;

export interface QuestionPolicyOptions {
  /** Default: a person is to answer. */
  readonly decide?: QuestionJudge | undefined;
  /** As in {@link PermissionPolicyOptions}. */
  readonly deadline?: number | undefined;
  /** When the deadline has passed, or `decide` failed. Default: `"reject"`. */
  readonly defaultDecision?: Exclude<QuestionDecision, "ask"> | undefined;
}

export type QuestionPolicy = QuestionJudge | QuestionPolicyOptions;

/**
 * Who decided.
 *
 * - `person`: `permissions.reply()`, `questions.reply()` or `reject()` of this client was called.
 * - `rule`, `function`: of a policy.
 * - `session`: it was allowed for the session before.
 * - `default`: the policy's default decision, because nobody decided in time, or its function failed.
 * - `nobody`: no policy decided, and nobody was there.
 */
export type DecidedBy = "person" | "rule" | "function" | "session" | "default" | "nobody";

/** What this client decided about a permission request, and why. The engine has taken it. */
export interface PermissionRecord {
  readonly type: "permission";
  readonly permissionId: string;
  readonly sessionId?: string | undefined;
  /** As in the request; texts of more than 1000 characters are cut. Absent when the client did not know the request. */
  readonly tool?: string | undefined;
  readonly description?: string | undefined;
  readonly patterns?: readonly string[] | undefined;
  readonly decision: PermissionDecision;
  /** What the model was told. */
  readonly message?: string | undefined;
  readonly by: DecidedBy;
  /** When a rule decided: the very object of the policy. */
  readonly rule?: PolicyRule | undefined;
  /** Unix milliseconds. */
  readonly decidedAt: number;
}

/** What this client answered to a question, and why. */
export interface QuestionRecord {
  readonly type: "question";
  readonly questionId: string;
  readonly sessionId?: string | undefined;
  /** Absent: it was rejected. Texts of more than 1000 characters are cut. */
  readonly answers?: readonly (readonly string[])[] | undefined;
  readonly by: DecidedBy;
  readonly decidedAt: number;
}

export type DecisionRecord = PermissionRecord | QuestionRecord;

/** The policies that may be given to a client, a session or a prompt. The nearest one counts, alone. */
export interface Policies {
  /** Decides about permission requests of turns that this client started. Default: people do. */
  readonly permissionPolicy?: PermissionPolicy | undefined;
  /** Answers questions of turns that this client started. Default: people do. */
  readonly questionPolicy?: QuestionPolicy | undefined;
}
