import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PolicyDecision, PolicyRule } from "../../../src/engine/policy.ts";
import { ruleOn } from "../../../src/hub/requests/policy-rules.ts";

const rules: readonly PolicyRule[] = [
  { tool: "bash", pattern: "git push *", decision: "ask" },
  { tool: "bash", pattern: "git *", decision: "allow" },
  { tool: "bash", pattern: "rm *", decision: "deny" },
  { tool: "edit", pattern: "docs/*", decision: "allow_session" },
  { tool: "edit", decision: "ask" },
];
const decision = (tool: string, ...patterns: string[]) => ruleOn({ tool, patterns }, rules)?.decision;

describe("the rule that decides", () => {
  it("is the first that fits", () => {
    expect(decision("bash", "git status")).toBe("allow");
    expect(decision("bash", "git push origin")).toBe("ask");
    expect(decision("edit", "docs/a.md")).toBe("allow_session");
    expect(decision("edit", "src/a.ts")).toBe("ask");
    expect(decision("bash", "ls")).toBeUndefined();
    expect(decision("webfetch", "https://example.org")).toBeUndefined();
  });

  it("is the strictest where several things are asked for at once", () => {
    expect(decision("bash", "git status", "git log")).toBe("allow");
    expect(decision("bash", "git status", "rm -rf build")).toBe("deny");
    expect(decision("bash", "rm -rf build", "git push")).toBe("deny");
    expect(decision("bash", "git status", "git push")).toBe("ask");
  });

  it("is none where something is asked for that none fits, unless it is denied or asked anyway", () => {
    expect(decision("bash", "git status", "curl example.org")).toBeUndefined();
    expect(decision("bash", "curl example.org", "rm x")).toBe("deny");
    expect(decision("bash", "curl example.org", "git push")).toBe("ask");
  });

  it("is one for anything where it is not told what is asked for", () => {
    expect(ruleOn({ tool: "bash" }, rules)).toBeUndefined();
    expect(ruleOn({ tool: "edit" }, rules)).toMatchObject({ decision: "ask" });
    expect(ruleOn({ tool: "edit", patterns: [] }, [])).toBeUndefined();
  });

  it("never allows as a whole what it does not allow in each part, in whatever order", () => {
    const anyRule = fc.record({
      pattern: fc.constantFrom("*", "a*", "b*", "ab", "c?"),
      decision: fc.constantFrom<PolicyDecision>("allow", "deny", "allow_session", "ask"),
    });
    const anyPattern = fc.constantFrom("a", "ab", "b", "bc", "c1", "d");
    fc.assert(
      fc.property(fc.array(anyRule), fc.array(anyPattern, { minLength: 1 }), (given, patterns) => {
        const whole = ruleOn({ tool: "bash", patterns }, given)?.decision;
        const parts = patterns.map((one) => ruleOn({ tool: "bash", patterns: [one] }, given)?.decision);
        const isAllowed = (one: PolicyDecision | undefined) => one === "allow" || one === "allow_session";
        expect(isAllowed(whole)).toBe(parts.every(isAllowed));
        expect(whole === "deny").toBe(parts.includes("deny"));
        expect(ruleOn({ tool: "bash", patterns: patterns.toReversed() }, given)?.decision).toBe(whole);
      }),
    );
  });
});
