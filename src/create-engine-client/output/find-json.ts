/**
 * The JSON values that an answer may mean, the likeliest first: the whole answer, then what stands in code fences, then
 * what stands between the outermost brackets; of several the last first, for models think before they answer.
 */
export function* findJson(text: string): Generator<unknown, undefined> {
  const seen = new Set<string>();
  for (const candidate of candidates(text)) {
    const trimmed = candidate.trim();
    if (seen.has(trimmed)) continue;
    seen.add(trimmed);
    const parsed = parse(trimmed);
    if (parsed !== undefined) yield parsed.value;
  }
}

function* candidates(text: string): Generator<string, undefined> {
  yield text;
  const fenced = [...text.matchAll(/```[^\n`]*\n(.*?)```/gs)].map(([, inside = ""]) => inside);
  yield* fenced.toReversed();
  yield* bracketed(text).toReversed();
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** How many brackets may lead nowhere: each costs a walk to the end of the text. */
const MAX_ASTRAY = 50;

/** The pieces from a bracket to the one that closes it, without those inside them. */
function bracketed(text: string): string[] {
  const found: string[] = [];
  let astray = 0;
  const opening = /[{[]/g;
  for (let match = opening.exec(text); match !== null && astray < MAX_ASTRAY; match = opening.exec(text)) {
    const end = endOfValue(text, match.index);
    if (end === undefined) {
      astray += 1;
      continue;
    }
    found.push(text.slice(match.index, end));
    opening.lastIndex = end;
  }
  return found;
}

const CLOSING: ReadonlyMap<string, string> = new Map([
  ["{", "}"],
  ["[", "]"],
]);

/** The place behind the bracket that closes the one at `start`; `undefined` if none does. */
function endOfValue(text: string, start: number): number | undefined {
  const expected: string[] = [];
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs;
  token.lastIndex = start;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [char] = match;
    const closing = CLOSING.get(char);
    if (closing !== undefined) expected.push(closing);
    else if (char === "}" || char === "]") {
      if (expected.pop() !== char) return undefined;
      if (expected.length === 0) return token.lastIndex;
    }
  }
  return undefined;
}
