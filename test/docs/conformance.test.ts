import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { EngineBrain } from "../../src/testing/conformance/brain.ts";
import { rules } from "../../src/testing/conformance/rules.ts";

const page = readFileSync(new URL("../../docs/conformance.md", import.meta.url), "utf8");

it("explains the rules that the suite has, in its words and order, and says what breaks without each", () => {
  const rows = [...page.matchAll(/^\| \*\*(R\d+)(\*?)\*\* (.+?) \| (.+) \|$/gm)];
  const explained = rows.map(([, number, star, says]) => ({ number, says, needsDriver: star === "*" }));
  const suite = rules.map(({ number, says, needsDriver = false }) => ({ number, says, needsDriver }));
  expect(explained).toEqual(suite);
  for (const [, , , , otherwise = ""] of rows) expect(otherwise.length).toBeGreaterThan(15);
});

it("explains what the brain can be asked for", () => {
  const section = page.slice(page.indexOf("## The brain"), page.indexOf("## The rules"));
  const explained = [...section.matchAll(/^\| `(\w+)\(/gm)].map(([, name]) => name);
  const brain: Record<keyof EngineBrain, true> = {
    say: true,
    wait: true,
    useTools: true,
    hangInTool: true,
    askPermission: true,
    fail: true,
  };
  expect(explained).toEqual(Object.keys(brain));
});

it("names only rules that there are in its example", () => {
  const known = new Set<string>(rules.map(({ number }) => number));
  for (const [number] of page.matchAll(/\bR\d\d\b/g)) expect(known).toContain(number);
});
