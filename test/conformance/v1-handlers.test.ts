import { getResponse } from "msw";
import { describe, it } from "vitest";
import { type OpenCodeDriverOptions, openCodeDriver } from "../../src/opencode/driver.ts";
import { type ConformanceSkip, describeEngine } from "../../src/testing/conformance/describe-engine.ts";
import { createHandlers, type HandlersOptions } from "../../src/testing/handlers.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { mockBrain, mockScript } from "./mock-brain.ts";

/** Handlers in the process, without a server. */
function conforms(
  name: string,
  { coreOnly, asyncPrompts }: Pick<HandlersOptions, "coreOnly"> & Pick<OpenCodeDriverOptions, "asyncPrompts">,
  skip: readonly ConformanceSkip[] = [],
): void {
  const handlers = createHandlers(createMockEngine(mockScript), { coreOnly });
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const response = await getResponse(handlers, request);
    if (response !== undefined) return response;
    throw new TypeError(`Nobody answers ${request.method} ${request.url}`);
  };
  describeEngine(name, {
    runner: { describe, it },
    createDriver: () => openCodeDriver({ protocol: "v1", fetch, asyncPrompts }),
    brain: mockBrain,
    skip,
  });
}

conforms("/v1, from MSW handlers,", {});
conforms("/v1 with prompts that are only acknowledged", { asyncPrompts: true });
conforms("/v1 with nothing but its core", { coreOnly: true }, [
  {
    reason: "The core has no routes for permission requests.",
    tests: ["R17", "R18", "R19", "R20", "R24", "R30", "R35"],
  },
]);
