import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { createEngineClient } from "../../src/create-engine-client.ts";
import { defineEngines } from "../../src/engines/define-engines.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";

const mock = () => {
  const client = createEngineClient(createMockEngine(() => [{ text: "Hello" }]));
  onTestFinished(() => client.dispose());
  return client;
};

describe("defineEngines", () => {
  it("makes a client of the engine that is named, with its configuration, and each time another", async () => {
    const given: unknown[] = [];
    const engines = defineEngines({
      one: () => mock(),
      two: async (options: { size: number }) => {
        given.push(options);
        return mock();
      },
    });
    expect(engines.ids).toEqual(["one", "two"]);
    const client = await engines.create("two", { size: 3 });
    expect(given).toEqual([{ size: 3 }]);
    expect(await client.session.prompt(await client.session.create(), "Hi").text()).toBe("Hello");
    expect(await engines.create("one")).not.toBe(await engines.create("one"));
  });

  it.each(["gemini", "toString", "__proto__", ""])(
    "says which engines there are, when %j is none",
    async (id) => {
      const engines = defineEngines({ opencode: mock, acme: mock });
      expect([engines.has(id), engines.has("acme")]).toEqual([false, true]);
      await expect(Reflect.apply(engines.create, undefined, [id])).rejects.toMatchObject({
        code: "INVALID_REQUEST",
        message: `There is no engine ${JSON.stringify(id)}: it is one of opencode, acme.`,
      });
    },
  );

  it("passes on what a factory throws, at once or later", async () => {
    const engines = defineEngines({
      now: () => {
        throw new RangeError("at once");
      },
      later: () => Promise.reject(new RangeError("later")),
    });
    await expect(engines.create("now")).rejects.toThrow(new RangeError("at once"));
    await expect(engines.create("later")).rejects.toThrow(new RangeError("later"));
  });

  it("says which factory made no client", async () => {
    const engines = defineEngines({ acme: () => Reflect.get({}, "client") });
    await expect(engines.create("acme")).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      engine: "acme",
      message: expect.stringContaining('The factory of the engine "acme" made no client'),
    });
  });

  it("loads the code of an engine when it is chosen, and of no other", async () => {
    const folder = await mkdtemp(join(tmpdir(), "quantumreef-engines-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const moduleNamed = async (name: string) => {
      const path = join(folder, `${name}.mjs`);
      const text = `globalThis.loadedEngines.push("${name}"); export const create = (options) => options.make();`;
      await writeFile(path, text);
      return pathToFileURL(path).href;
    };
    const loadedEngines: string[] = [];
    Object.assign(globalThis, { loadedEngines });
    onTestFinished(() => void Reflect.deleteProperty(globalThis, "loadedEngines"));
    const [heavy, light] = [await moduleNamed("heavy"), await moduleNamed("light")];
    const engines = defineEngines({
      heavy: async (options: { make: typeof mock }) => (await import(heavy)).create(options),
      light: async (options: { make: typeof mock }) => (await import(light)).create(options),
    });
    expect(loadedEngines).toEqual([]);
    await engines.create("light", { make: mock });
    expect(loadedEngines).toEqual(["light"]);
  });
});
