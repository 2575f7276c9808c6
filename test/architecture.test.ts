import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { buildTo, checkBrowserBundle, readFrom, readReachable } from "./architecture/browser-bundle.ts";
import { checkCycles, checkImports } from "./architecture/check-imports.ts";
import { checkShape } from "./architecture/check-shape.ts";
import { describeViolation, parse, type Violation } from "./architecture/source.ts";

const src = fileURLToPath(new URL("../src", import.meta.url));
const sources = globSync("**/*.ts", { cwd: src })
  .toSorted()
  .map((path) => parse(path.replaceAll(sep, "/"), readFileSync(join(src, path), "utf8")));

const told = (violations: readonly Violation[]) => violations.map(describeViolation);

describe("the source", () => {
  it("is there", () => expect(sources.length).toBeGreaterThan(30));
  it("keeps to the rooms: who may import whom, and which packages", () => {
    expect(told(checkImports(sources))).toEqual([]);
  });
  it("imports in no circle", () => expect(told(checkCycles(sources))).toEqual([]));
  it("has no barrels, default exports, module state, inheritance, console calls or endless files", () => {
    expect(told(checkShape(sources))).toEqual([]);
  });
});

describe("the built browser entry", () => {
  it("needs nothing of Node, in none of its chunks", { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "engine-client-bundle-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    await buildTo(folder);
    const chunks = await readReachable("index.js", readFrom(folder));
    expect(told(checkBrowserBundle(chunks))).toEqual([]);
    expect(chunks.length).toBeGreaterThan(1);
  });
});
