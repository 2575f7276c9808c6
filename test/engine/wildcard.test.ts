import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitsWildcard } from "../../src/engine/wildcard.ts";

/** As OpenCode 1.18.33 does it. */
function fitsInEngine(text: string, pattern: string): boolean {
  let source = pattern
    .replaceAll("\\", "/")
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  if (source.endsWith(" .*")) source = `${source.slice(0, -3)}( .*)?`;
  return new RegExp(`^${source}$`, "s").test(text.replaceAll("\\", "/"));
}

const text = fc.string({ unit: fc.constantFrom(..."ab /\\.\n?*"), maxLength: 12 });
const pattern = fc.string({ unit: fc.constantFrom(..."ab /\\.*?"), maxLength: 7 });

describe("a wildcard", () => {
  it.each<[pattern: string, fits: readonly string[], fitsNot: readonly string[]]>([
    ["*", ["", "rm -rf /", "two\nlines"], []],
    ["git status *", ["git status", "git status -s"], ["git statusx", "git stash"]],
    ["git status*", ["git status", "git statusx"], ["git  status"]],
    ["src/*.ts", ["src/a.ts", "src/deep/er.ts", "src\\a.ts"], ["src/a.tsx", "lib/src/a.ts"]],
    ["file?.txt", ["file1.txt"], ["file.txt", "file12.txt"]],
    ["a.b", ["a.b"], ["axb"]],
    ["", [""], ["a"]],
  ])("%j fits what it says", (wanted, fits, fitsNot) => {
    for (const one of fits) expect(fitsWildcard(one, wanted), one).toBe(true);
    for (const one of fitsNot) expect(fitsWildcard(one, wanted), one).toBe(false);
  });

  it("fits what it fits in the engine", () => {
    fc.assert(
      fc.property(text, pattern, (subject, wanted) => {
        expect(fitsWildcard(subject, wanted)).toBe(fitsInEngine(subject, wanted));
      }),
      { numRuns: 5_000 },
    );
  });

  it("fits any text that its stars are filled in with", () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), text, (pieces, filling) => {
        const plain = pieces.map((piece) => piece.replaceAll(/[*?]/g, "x"));
        expect(fitsWildcard(plain.join(filling), plain.join("*"))).toBe(true);
      }),
    );
  });

  it("takes no time without end", () => {
    // As a regular expression this would take years.
    expect(fitsWildcard("a".repeat(5_000), `${"*a".repeat(30)}*b`)).toBe(false);
  });
});
