import { EngineError } from "../../engine/errors.ts";
import type { PolicyDecision, PolicyRule } from "../../engine/policy.ts";

const RULE_DECISIONS: readonly PolicyDecision[] = ["allow", "deny", "allow_session", "ask"];
const RULE_KEYS: readonly string[] = ["tool", "pattern", "decision", "message"];

export function notAPolicy(what: string): EngineError {
  return new EngineError("INVALID_REQUEST", `A policy ${what}.`);
}

/** A key that is misspelt would make a rule fit more than it says. */
export function checkRules(rules: readonly PolicyRule[]): void {
  const list: unknown = rules;
  if (!Array.isArray(list)) throw notAPolicy("has a list of rules");
  for (const [index, rule] of list.entries()) {
    const where = `rule ${index + 1}`;
    if (typeof rule !== "object" || rule === null)
      throw notAPolicy(`has rules of the form { tool, pattern, decision, message }; its ${where} is none`);
    for (const [key, value] of Object.entries(rule)) {
      if (!RULE_KEYS.includes(key))
        throw notAPolicy(
          `knows ${RULE_KEYS.join(", ")} in its rules; its ${where} has ${JSON.stringify(key)}`,
        );
      if (value !== undefined && typeof value !== "string")
        throw notAPolicy(`has strings in its rules; ${key} of its ${where} is ${JSON.stringify(value)}`);
    }
    checkDecision(rule.decision, `${where} decides`, RULE_DECISIONS);
  }
}

export function checkDecision<Decision extends PolicyDecision>(
  value: unknown,
  where: string,
  allowed: readonly Decision[],
): asserts value is Decision {
  const known: readonly unknown[] = allowed;
  if (!known.includes(value))
    throw notAPolicy(`decides ${allowed.join(", ")}; its ${where} ${JSON.stringify(value)}`);
}

export function checkFunction<T>(decide: T | undefined): T | undefined {
  if (decide === undefined || typeof decide === "function") return decide;
  throw notAPolicy(`has a function to decide; its decide is ${JSON.stringify(decide)}`);
}

/** 24.8 days: a timer that is set for longer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function checkDeadline(deadline: number | undefined): number | undefined {
  if (deadline === undefined) return undefined;
  if (typeof deadline === "number" && deadline >= 0) return Math.min(deadline, LONGEST_TIMER_MS);
  throw notAPolicy(`has a deadline in milliseconds; its deadline is ${JSON.stringify(deadline)}`);
}
