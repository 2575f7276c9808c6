import { describe, expect, it } from "vitest";
import { checkBrowserBundle, readReachable } from "./browser-bundle.ts";
import { checkCycles, checkImports } from "./check-imports.ts";
import { checkShape } from "./check-shape.ts";
import { maxLines } from "./rules.ts";
import { describeViolation, parse, parseAll } from "./source.ts";

/** What the checks say of one file, each as `rule: line`. */
const importsIn = (path: string, text: string) => checkImports([parse(path, text)]).map(describeViolation);
const shapeIn = (text: string, path = "hub/a.ts") =>
  checkShape([parse(path, text)]).map(({ rule, line }) => `${rule}: ${line}`);

describe("rooms", () => {
  it.each([
    ["lower", "hub/a.ts", `import { x } from "../stream/sse.ts";`],
    ["its own", "hub/a.ts", `import { x } from "./b.ts";`],
    ["its own, deeper", "opencode/client.ts", `import { x } from "./native/decode.ts";`],
    ["a room of one file", "opencode/native/sessions.ts", `import type { Http } from "../../http.ts";`],
    ["the file of a room, from its folder", "http/json.ts", `import { x } from "../http.ts";`],
    ["schemas, from the driver of one folder", "v1/driver.ts", `import { x } from "./schema.ts";`],
    ["anything lower, from an entry", "index.ts", `export { x } from "./opencode/client.ts";`],
  ])("let import %s", (_, path, text) => expect(importsIn(path, text)).toEqual([]));

  it.each([
    ["upwards", "engine/a.ts", `import { x } from "../hub/b.ts";`],
    ["upwards", "hub/a.ts", `import type { X } from "../create-engine-client.ts";`],
    ["upwards", "v1/schema.ts", `import { x } from "./driver.ts";`],
    ["upwards", "opencode/a.ts", `import { x } from "../index.ts";`],
    ["sideways", "lifecycle/a.ts", `import { x } from "../stream/b.ts";`],
    ["sideways", "hub/a.ts", `import { x } from "../http.ts";`],
    ["sideways", "node/a.ts", `import { x } from "../testing/b.ts";`],
    ["sideways", "node.ts", `export { x } from "./index.ts";`],
  ])("refuse to import %s: %s", (direction, path, text) => {
    expect(importsIn(path, text)).toEqual([expect.stringContaining(direction)]);
  });

  it.each([
    ["import", `import { x } from "../hub/b.ts";`],
    ["import type", `import type { X } from "../hub/b.ts";`],
    ["side effect", `import "../hub/b.ts";`],
    ["export from", `export { x } from "../hub/b.ts";`],
    ["export star", `export * from "../hub/b.ts";`],
    ["dynamic import", `export const load = () => import("../hub/b.ts");`],
    ["import() type", `export type X = import("../hub/b.ts").X;`],
    ["require", `const x = require("../hub/b.ts");`],
    ["import equals", `import x = require("../hub/b.ts");`],
  ])("see every form: %s", (_, text) => {
    const message = `engine/a.ts:2 import "../hub/b.ts": engine (level 0) must not import upwards from hub (level 2) [rooms]`;
    expect(importsIn("engine/a.ts", `// first\n${text}`)).toEqual([message]);
  });

  it("refuse what cannot be judged", () => {
    expect(importsIn("cellar/a.ts", "export {};")).toEqual([expect.stringContaining("in no room")]);
    expect(importsIn("hub/a.ts", `import "../cellar/b.ts";`)).toEqual([
      expect.stringContaining("in no room"),
    ]);
    expect(importsIn("hub/a.ts", `import "../../package.json";`)).toEqual([
      expect.stringContaining("out of src"),
    ]);
    expect(importsIn("node/a.ts", "export const load = (name: string) => import(name);")).toEqual([
      expect.stringContaining("computed"),
    ]);
  });

  it("do not read comments and strings as imports", () => {
    expect(importsIn("engine/a.ts", `// import "ky";\nexport const x = 'import "ky"';`)).toEqual([]);
  });
});

describe("packages", () => {
  it.each([
    ["http.ts", "ky"],
    ["http/errors.ts", "ky"],
    ["stream/sse.ts", "eventsource-parser"],
    ["v1/schema.ts", "zod/mini"],
    ["opencode/native/schema.ts", "zod/mini"],
    ["opencode/native/schema/session.ts", "zod/mini"],
    ["node/schema.ts", "zod"],
    ["testing/handlers.ts", "msw"],
    ["testing/server.ts", "msw/node"],
    ["acp/driver.ts", "@agentclientprotocol/sdk"],
    ["node/configuration/parse.ts", "jsonc-parser"],
    ["node/process.ts", "node:child_process"],
    ["node/process/engine-process.ts", "cross-spawn"],
    ["node.ts", "node:os"],
  ])("%s may import %s", (path, name) => expect(importsIn(path, `import x from "${name}";`)).toEqual([]));

  it.each([
    ["opencode/client.ts", "ky"],
    ["hub/a.ts", "eventsource-parser"],
    ["opencode/native/decode.ts", "zod/mini"],
    ["engine/schema.ts", "zod/mini"],
    ["opencode/native/schema.ts", "zod"],
    ["node/settings.ts", "zod"],
    ["node/a.ts", "msw"],
    ["testing/a.ts", "@agentclientprotocol/sdk"],
    ["engine/a.ts", "node:events"],
    ["index.ts", "node:events"],
    ["server/a.ts", "node:http"],
    ["node/a.ts", "fs"],
    ["node/a.ts", "left-pad"],
    ["opencode/a.ts", "jsonc-parser"],
    ["node/a.ts", "cross-spawn"],
    ["hub/a.ts", "@quantumreef/engine-client"],
  ])("%s must not import %s", (path, name) => {
    expect(importsIn(path, `import x from "${name}";`)).toEqual([expect.stringContaining("[packages]")]);
  });
});

describe("cycles", () => {
  it("are found, with the way round", () => {
    const sources = parseAll({
      "hub/a.ts": `import "./b.ts";`,
      "hub/b.ts": `import "./c.ts";`,
      "hub/c.ts": `// ...\nimport type { A } from "./a.ts";`,
      "hub/d.ts": `import "./a.ts";\nimport "./c.ts";`,
    });
    expect(checkCycles(sources).map(describeViolation)).toEqual([
      "hub/c.ts:2 hub/a.ts -> hub/b.ts -> hub/c.ts -> hub/a.ts: files must not import in a circle [cycles]",
    ]);
  });

  it("are not seen where two ways lead to one file", () => {
    const sources = parseAll({
      "hub/a.ts": `import "./b.ts";\nimport "./c.ts";`,
      "hub/b.ts": `import "./d.ts";`,
      "hub/c.ts": `import "./d.ts";`,
      "hub/d.ts": "export const d = 1;",
    });
    expect(checkCycles(sources)).toEqual([]);
  });
});

describe("shape", () => {
  it.each([
    ["no barrels: 2", `export const x = 1;\nexport * from "./b.ts";`],
    ["no barrels: 1", `export type * from "./b.ts";`],
    ["no barrels: 1", `export * as b from "./b.ts";`],
    ["no barrels: 1", `export { x } from "./b.ts";\nexport { y } from "./c.ts";`],
    ["no barrels: 1", `import { x } from "./b.ts";\nexport { x };`],
    ["named exports: 1", "export default 1;"],
    ["named exports: 1", "export default function f() {}"],
    ["named exports: 2", "const x = 1;\nexport { x as default };"],
    ["no module state: 1", "let count = 0;\nexport const f = () => ++count;"],
    ["no module state: 1", "export var count = 0;"],
    ["no module state: 1", "const cache = new Map<string, string>();"],
    ["no module state: 1", "const listeners: string[] = [];"],
    ["no inheritance: 1", "export class Hub extends EventEmitter {}"],
    ["no console: 2", `export const f = () => {\n  console.log("x");\n};`],
    ["no console: 1", `globalThis.console["warn"]("x");`],
    [`length: ${maxLines + 1}`, `${"// line\n".repeat(maxLines)}export const x = 1;\n`],
  ])("refuses %s", (expected, text) => expect(shapeIn(text)).toEqual([expected]));

  it.each([
    ["a constant", `const codes: ReadonlySet<string> = new Set(["a"]);\nexport const f = () => codes;`],
    ["a local variable", "export function f() {\n  let n = 0;\n  return ++n;\n}"],
    ["an error of its own", "export class TooLarge extends Error {}"],
    ["one re-export beside code", `export { x } from "./b.ts";\nexport const y = 1;`],
    ["console in a comment", "// console.log\nexport const x = 1;"],
    ["as many lines as there may be", `${"// line\n".repeat(maxLines - 1)}export const x = 1;\n`],
  ])("allows %s", (_, text) => expect(shapeIn(text)).toEqual([]));

  it("allows barrels in entry files", () => {
    expect(shapeIn(`export * from "./engine/events.ts";`, "index.ts")).toEqual([]);
  });
});

describe("the browser bundle", () => {
  const foundIn = (text: string) => checkBrowserBundle([parse("index.js", text)]).map(({ found }) => found);

  it.each([
    [`import "node:fs";`, `import "node:fs"`],
    [`import { readFile } from "fs/promises";`, `import "fs/promises"`],
    [`const load = () => import("node:sqlite");`, `import "node:sqlite"`],
    [`import { z } from "zod";`, `import "zod"`],
    [`import { http } from "msw";`, `import "msw"`],
    ["export const home = process.env.HOME;", "process"],
    ["export const on = typeof process;", "process"],
    ["export const env = globalThis.process?.env;", "process"],
    ["export const bytes = Buffer.from([]);", "Buffer"],
    ["setImmediate(() => {});", "setImmediate"],
    [`export const name = load("node:fs");`, `"node:fs"`],
  ])("must not have %s", (text, found) => expect(foundIn(text)).toEqual([found]));

  it.each([
    `import ky from "ky"; import * as z from "zod/mini"; import "eventsource-parser"; import "./chunk-A.js";`,
    "export const stop = (server) => server.process.stop();",
    "export const plain = { process: 1 };",
    "export function run(process) { return process.pid; }",
    `// process.env\nexport const text = "process.env";`,
  ])("may have %s", (text) => expect(foundIn(text)).toEqual([]));

  it("is read with every chunk, also those that are loaded later", async () => {
    const files = new Map([
      ["index.js", `import "./chunk-A.js";`],
      ["chunk-A.js", `export * from "./deep/chunk-B.js"; import "./index.js";`],
      ["deep/chunk-B.js", `export const later = () => import("../chunk-C.js");`],
      ["chunk-C.js", `import "node:fs";`],
      ["node.js", `import "node:os";`],
    ]);
    const chunks = await readReachable("index.js", async (path) => files.get(path) ?? "missing");
    expect(chunks.map(({ path }) => path)).toEqual([
      "index.js",
      "chunk-A.js",
      "deep/chunk-B.js",
      "chunk-C.js",
    ]);
    expect(checkBrowserBundle(chunks).map(({ path }) => path)).toEqual(["chunk-C.js"]);
  });
});
