import type { PermissionDecision, PermissionRequest, QuestionRequest } from "../../engine/permission.ts";
import type {
  PermissionPolicy,
  PermissionPolicyOptions,
  Policies,
  PolicyDecision,
  PolicyRule,
  QuestionDecision,
  QuestionPolicy,
} from "../../engine/policy.ts";
import { toAnswerList } from "../../engine/question.ts";
import { checkDeadline, checkDecision, checkFunction, checkRules, notAPolicy } from "./check-policy.ts";
import { ruleOn } from "./policy-rules.ts";

export interface PermissionAnswer {
  readonly decision: PermissionDecision;
  readonly message?: string | undefined;
}

/** Without answers it is rejected. */
export interface QuestionAnswers {
  readonly answers?: readonly (readonly string[])[] | undefined;
}

/** A policy as it is asked; `"ask"` leaves it to people. */
export interface Policy<Request, Answer> {
  /** By its rules, at once. `undefined`: none fits. */
  rule(request: Request): { readonly answer: Answer | "ask"; readonly rule: PolicyRule } | undefined;
  /** Absent: it has no function. Throws what that throws, and for what is no decision. */
  readonly decide?: ((request: Request, signal: AbortSignal) => Promise<Answer | "ask">) | undefined;
  /** Milliseconds. */
  readonly deadline: number | undefined;
  /** When nobody decided in time. */
  fallback(request: Request): Answer;
}

export interface ReadPolicies {
  readonly permission?: Policy<PermissionRequest, PermissionAnswer> | undefined;
  readonly question?: Policy<QuestionRequest, QuestionAnswers> | undefined;
}

/** What the model is told where the policy has no words of its own: without any, the turn would end. */
const NOT_PERMITTED = "This run does not permit it. Go on without it, or say what you would need.";

/** @throws EngineError `INVALID_REQUEST` for what is no policy: a mistake in one must not become a permission */
export function readPolicies({ permissionPolicy, questionPolicy }: Policies): ReadPolicies {
  return {
    ...(permissionPolicy === undefined ? {} : { permission: readPermissionPolicy(permissionPolicy) }),
    ...(questionPolicy === undefined ? {} : { question: readQuestionPolicy(questionPolicy) }),
  };
}

function readPermissionPolicy(policy: PermissionPolicy): Policy<PermissionRequest, PermissionAnswer> {
  const { rules = [], decide, deadline, defaultDecision = "deny" } = toPermissionOptions(policy);
  checkRules(rules);
  checkDecision(defaultDecision, "defaultDecision", ["allow", "deny", "allow_session"]);
  return {
    rule(request) {
      const rule = ruleOn(request, rules);
      return rule && { rule, answer: toAnswer(rule.decision, rule.message) };
    },
    decide:
      checkFunction(decide) && (async (request, signal) => readDecision(await decide?.(request, { signal }))),
    deadline: checkDeadline(deadline),
    fallback: () => withReason(defaultDecision, undefined),
  };
}

function readQuestionPolicy(policy: QuestionPolicy): Policy<QuestionRequest, QuestionAnswers> {
  const { decide, deadline, defaultDecision = "reject" } = toQuestionOptions(policy);
  if (defaultDecision !== "reject") toAnswerList(defaultDecision, undefined);
  return {
    rule: () => undefined,
    decide:
      checkFunction(decide) &&
      (async (request, signal) => {
        const decision = await decide?.(request, { signal });
        return decision === undefined || decision === "ask" ? "ask" : readAnswers(decision, request);
      }),
    deadline: checkDeadline(deadline),
    fallback: (request) => readAnswers(defaultDecision, request),
  };
}

function toPermissionOptions(policy: PermissionPolicy): PermissionPolicyOptions {
  if (typeof policy === "function") return { decide: policy };
  if (isRuleList(policy)) return { rules: policy };
  if (typeof policy === "object" && policy !== null) return policy;
  throw notAPolicy("is a list of rules, a function, or { rules, decide, deadline, defaultDecision }");
}

function toQuestionOptions(policy: QuestionPolicy) {
  if (typeof policy === "function") return { decide: policy };
  if (typeof policy === "object" && policy !== null && !Array.isArray(policy)) return policy;
  throw notAPolicy("for questions is a function, or { decide, deadline, defaultDecision }");
}

function isRuleList(policy: PermissionPolicy): policy is readonly PolicyRule[] {
  return Array.isArray(policy);
}

/** What a function decided. Nothing, as `"ask"`: a person is to decide. */
function readDecision(given: unknown): PermissionAnswer | "ask" {
  if (given === undefined) return "ask";
  const isObject = typeof given === "object" && given !== null;
  const decision = isObject && "decision" in given ? given.decision : given;
  const message = isObject && "message" in given ? given.message : undefined;
  checkDecision(decision, "function decided", ["allow", "deny", "allow_session", "ask"]);
  return toAnswer(decision, typeof message === "string" ? message : undefined);
}

function readAnswers(
  decision: Exclude<QuestionDecision, "ask">,
  { questions }: QuestionRequest,
): QuestionAnswers {
  return decision === "reject" ? {} : { answers: toAnswerList(decision, questions) };
}

function toAnswer(decision: PolicyDecision, message: string | undefined): PermissionAnswer | "ask" {
  return decision === "ask" ? decision : withReason(decision, message);
}

function withReason(decision: PermissionDecision, message: string | undefined): PermissionAnswer {
  return decision === "deny" ? { decision, message: message || NOT_PERMITTED } : { decision };
}
