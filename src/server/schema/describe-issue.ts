import type * as z from "zod/mini";

type Issue = z.core.$ZodIssue;

/**
 * What is wrong with a request first, in one sentence that names the field: zod/mini comes without words. `whole`
 * names what was parsed, for what concerns no field.
 */
export function describeIssues(issues: readonly Issue[], whole: string): string {
  const [issue] = issues;
  if (issue === undefined) return `${whole} is not as the contract says.`;
  return describe(issue, [], whole);
}

function describe(issue: Issue, under: readonly PropertyKey[], whole: string): string {
  const path = [...under, ...issue.path];
  const field = path.length === 0 ? whole : JSON.stringify(path.join("."));
  switch (issue.code) {
    case "invalid_union": {
      if ("options" in issue && issue.options !== undefined)
        return `${field} must be ${oneOf(issue.options)}.`;
      const [first] = closest(issue.errors);
      return first === undefined ? `${field} is not as the contract says.` : describe(first, path, whole);
    }
    case "unrecognized_keys":
      return `${JSON.stringify([...path, ...issue.keys.slice(0, 1)].join("."))} is not a field of this request.`;
    case "invalid_type":
      return `${field} must be ${KINDS.get(issue.expected) ?? issue.expected}.`;
    case "invalid_value":
      return `${field} must be ${oneOf(issue.values)}.`;
    case "too_small":
      return issue.origin === "number"
        ? `${field} must be ${issue.inclusive ? "at least" : "greater than"} ${issue.minimum}.`
        : `${field} must not be empty.`;
    default:
      return `${field} is not as the contract says.`;
  }
}

function oneOf(values: readonly unknown[]): string {
  const told = values.map((value) => JSON.stringify(value));
  return told.length === 1 ? told.join("") : `one of ${told.join(", ")}`;
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ["string", "a string"],
  ["number", "a number"],
  ["int", "a whole number"],
  ["boolean", "true or false"],
  ["object", "a JSON object"],
  ["array", "an array"],
]);

/** Of several shapes the one that was most likely meant: least is wrong with it, and that lies deepest. */
function closest(alternatives: readonly (readonly Issue[])[]): readonly Issue[] {
  const depth = (issues: readonly Issue[]) => Math.max(0, ...issues.map(({ path }) => path.length));
  const [best = []] = alternatives.toSorted((a, b) => a.length - b.length || depth(b) - depth(a));
  return best;
}
