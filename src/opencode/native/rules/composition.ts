import { noteSchema, type SessionRule } from "./schema.ts";

/** What a session's list of rules is made of. */
export interface Composition {
  /** What is for all prompts. */
  readonly lasting: readonly SessionRule[];
  /** The tools that are off for one prompt, each once, in order. */
  readonly off: readonly string[];
}

/** Begins the name of the rule in which it is noted what the list is made of. No tool has such a name. */
const NOTE = "engine-client:";

/** The name of a rule that fits no tool and says what the list after it is to be. */
export function noteOf(sessionId: string, { lasting, off }: Composition): string {
  return NOTE + JSON.stringify({ session: sessionId, lasting, off });
}

/** The list without its note. */
export function compose({ lasting, off }: Composition): readonly SessionRule[] {
  return [...lasting, ...off.map((tool) => ({ permission: tool, pattern: "*", action: "deny" }) as const)];
}

/**
 * What a list is made of. What stands behind the composed part was added since, and lasts. `isWhole`: false if the note
 * is there, and what it says is not: its writer broke off.
 */
export function readComposition(
  sessionId: string,
  list: readonly SessionRule[],
): Composition & { readonly isWhole: boolean } {
  const noted = list[0] && readNote(sessionId, list[0]);
  // A note anywhere else is left of a writer who broke off, or a parent's.
  const rules = list.filter(({ permission }) => !permission.startsWith(NOTE));
  if (noted === undefined) return { lasting: rules, off: [], isWhole: true };
  const composed = compose(noted);
  const isWhole = composed.every((rule, index) => isSame(rule, rules[index]));
  const added = isWhole ? rules.slice(composed.length) : rules;
  return { lasting: [...noted.lasting, ...added], off: noted.off, isWhole };
}

/** Says the list this already, and nothing else behind it? */
export function isInForce(rule: SessionRule, list: readonly SessionRule[]): boolean {
  const last = list.findLast(
    ({ permission, pattern }) => permission === rule.permission && pattern === rule.pattern,
  );
  return last?.action === rule.action;
}

/** Was this added last? */
export function endsWith(list: readonly SessionRule[], added: readonly SessionRule[]): boolean {
  const start = list.length - added.length;
  return added.every((rule, index) => isSame(rule, list[start + index]));
}

function readNote(sessionId: string, { permission }: SessionRule): Composition | undefined {
  if (!permission.startsWith(NOTE)) return undefined;
  try {
    const { session, ...noted } = noteSchema.parse(JSON.parse(permission.slice(NOTE.length)));
    return session === sessionId ? noted : undefined;
  } catch {
    // Somebody else's, then: it stays as it is.
    return undefined;
  }
}

function isSame(one: SessionRule, other: SessionRule | undefined): boolean {
  return one.permission === other?.permission && one.pattern === other.pattern && one.action === other.action;
}
