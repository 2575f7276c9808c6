import {
  defineEngines,
  type EngineClient,
  type ManagedEngineClient,
  OpenCodeClient,
  type OpenCodeClientOptions,
} from "@quantumreef/engine-client";
import { chooseEngine, createOpenCode, type OpenCode } from "@quantumreef/engine-client/node";
import { describe, expectTypeOf, it } from "vitest";

declare const acme: (options: { url: string; retries?: number }) => Promise<ManagedEngineClient>;
declare const byHand: () => EngineClient;

const engines = defineEngines({
  opencode: createOpenCode,
  remote: (options: OpenCodeClientOptions) => new OpenCodeClient(options),
  acme,
  byHand,
});

describe("engines by their ids", () => {
  it("have the configuration and the client of their own", () => {
    expectTypeOf(engines.ids).toEqualTypeOf<readonly ("opencode" | "remote" | "acme" | "byHand")[]>();
    expectTypeOf(engines.create("opencode", { port: 0 })).resolves.toEqualTypeOf<OpenCode>();
    expectTypeOf(engines.create("opencode")).resolves.toEqualTypeOf<OpenCode>();
    expectTypeOf(engines.create("remote", {})).resolves.toEqualTypeOf<OpenCodeClient>();
    expectTypeOf(engines.create("acme", { url: "x" })).resolves.toEqualTypeOf<ManagedEngineClient>();
    expectTypeOf(engines.create("byHand")).resolves.toEqualTypeOf<EngineClient>();
  });

  it("are no others, and take nothing else", () => {
    // @ts-expect-error there is no such engine
    engines.create("gemini");
    // @ts-expect-error its factory needs a configuration
    engines.create("acme");
    // @ts-expect-error of which url is a part
    engines.create("acme", { retries: 1 });
    // @ts-expect-error and a text
    engines.create("acme", { url: 1 });
    // @ts-expect-error it takes none
    engines.create("byHand", {});
    // @ts-expect-error an engine is made of a function that makes a client
    defineEngines({ acme: () => "a client" });
    // @ts-expect-error there is no such engine either
    chooseEngine(engines, { engine: "gemini" });
  });

  it("are known after a look", () => {
    const id: string = "acme";
    // @ts-expect-error any text may be anything
    engines.create(id);
    if (engines.has(id)) expectTypeOf(id).toEqualTypeOf<"opencode" | "remote" | "acme" | "byHand">();
  });

  it("are chosen with their id, and make one of the clients", async () => {
    const choice = await chooseEngine(engines, { engine: "acme" });
    expectTypeOf(choice.id).toEqualTypeOf<"opencode" | "remote" | "acme" | "byHand">();
    expectTypeOf(choice.create()).resolves.toExtend<EngineClient>();
  });
});
