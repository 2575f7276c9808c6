import type { PermissionRequest } from "../../engine/permission.ts";
import type { PolicyDecision, PolicyRule } from "../../engine/policy.ts";
import { fitsWildcard } from "../../engine/wildcard.ts";

/**
 * The rule that decides about a request; `undefined`: none. Each of its patterns finds the first rule that fits, and the
 * strictest of these counts: what is not allowed as a whole is not allowed. Where a pattern finds none nothing is
 * decided, unless another one is denied, or kept for a person.
 */
export function ruleOn(
  { tool, patterns = [] }: Pick<PermissionRequest, "tool" | "patterns">,
  rules: readonly PolicyRule[],
): PolicyRule | undefined {
  // Where it is not told what for, only a rule for anything fits.
  const subjects = patterns.length === 0 ? [""] : patterns;
  const found = subjects.map((subject) => rules.find((rule) => fitsRule(tool, subject, rule)));
  const strictest = found.reduce(stricter);
  const isDecided = strictest !== undefined && STRICTNESS[strictest.decision] >= STRICTNESS.ask;
  return isDecided || !found.includes(undefined) ? strictest : undefined;
}

const STRICTNESS: Readonly<Record<PolicyDecision, number>> = { allow_session: 0, allow: 1, ask: 2, deny: 3 };

function stricter(one: PolicyRule | undefined, other: PolicyRule | undefined): PolicyRule | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return STRICTNESS[other.decision] > STRICTNESS[one.decision] ? other : one;
}

function fitsRule(asked: string, subject: string, { tool = "*", pattern = "*" }: PolicyRule): boolean {
  return fitsWildcard(asked, tool) && fitsWildcard(subject, pattern);
}
