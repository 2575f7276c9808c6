import { describe, expect, inject, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { expectedExports } from "./expected.ts";
import { output, run } from "./run.ts";

const { plain } = inject("installed");
const entries = Object.keys(manifest.exports).filter((entry) => entry !== "./package.json");
const nameOf = (entry: string) => `${manifest.name}${entry.slice(1)}`;

/** Runs a module in the folder of a user who has the package and nothing else. */
const node = (code: string, ...flags: string[]) =>
  run(process.execPath, [...flags, "--input-type=module", "--eval", code], plain);

const importing = (specifier: string, ...flags: string[]) =>
  node(`await import(${JSON.stringify(specifier)})`, ...flags);

describe("every entry can be imported", () => {
  it("and every one is expected", () => {
    expect(entries.toSorted()).toEqual(Object.keys(expectedExports).toSorted());
  });

  it.each(entries)("%s exports what it must, and what its source does", async (entry) => {
    const code = `console.log(JSON.stringify(Object.keys(await import("${nameOf(entry)}"))))`;
    const args = ["--input-type=module", "--eval", code];
    const names: string[] = JSON.parse(await output(process.execPath, args, plain));
    expect(names).toEqual(expect.arrayContaining([...(expectedExports[entry] ?? [])]));
    const source = await import(sourceOf(entry));
    expect(names.toSorted()).toEqual(Object.keys(source).toSorted());
  });

  it.each(entries)("%s keeps no process alive and prints nothing", async (entry) => {
    expect(await importing(nameOf(entry))).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("and an error is printed under its name", async () => {
    const code = `import { EngineError } from "${manifest.name}"; throw new EngineError("TIMEOUT", "Too late.");`;
    expect((await node(code)).stderr).toMatch(/^EngineError: Too late\.$/m);
  });

  it("the manifest too", async () => {
    const code = `import manifest from "${manifest.name}/package.json" with { type: "json" };
      console.log(manifest.version)`;
    expect(await node(code)).toMatchObject({ code: 0, stdout: `${manifest.version}\n` });
  });
});

describe("a class is the same in every entry", () => {
  it("EngineError", async () => {
    const code = `
      import { createEngineClient, EngineError } from "${manifest.name}";
      import { createMockEngine } from "${manifest.name}/testing";
      const client = createEngineClient(createMockEngine());
      const error = await client.session.get("ses_none").catch((caught) => caught);
      console.log(error instanceof EngineError, error.code);
      await client.dispose();`;
    expect(await node(code)).toEqual({ code: 0, stdout: "true SESSION_NOT_FOUND\n", stderr: "" });
  });
});

describe("what is not offered is refused", () => {
  const refused = { code: 1, stderr: expect.stringContaining("ERR_PACKAGE_PATH_NOT_EXPORTED") };

  it("./node in browsers", async () => {
    expect(await importing(nameOf("./node"), "--conditions=browser")).toMatchObject(refused);
    expect(await importing(nameOf("."), "--conditions=browser")).toMatchObject({ code: 0 });
  });

  it.each(["dist/index.js", "dist/index", "src/index.ts", "engine/errors", "node/settings.ts", "http"])(
    "%s",
    async (path) => expect(await importing(`${manifest.name}/${path}`)).toMatchObject(refused),
  );
});

function sourceOf(entry: string): string {
  const file = entry === "." ? "index" : entry.slice(2);
  return new URL(`../../src/${file}.ts`, import.meta.url).href;
}
