import { getResponse } from "msw";
import { describe, it } from "vitest";
import { openCodeDriver } from "../../src/opencode/driver.ts";
import { describeEngine } from "../../src/testing/conformance/describe-engine.ts";
import { createHandlers } from "../../src/testing/handlers.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { mockBrain, mockScript } from "./mock-brain.ts";

const handlers = createHandlers(createMockEngine(mockScript));

/** The handlers in the process, without a server. */
const fetch: typeof globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const response = await getResponse(handlers, request);
  if (response !== undefined) return response;
  throw new TypeError(`Nobody answers ${request.method} ${request.url}`);
};

describeEngine("/v1, from MSW handlers,", {
  runner: { describe, it },
  createDriver: () => openCodeDriver({ protocol: "v1", fetch }),
  brain: mockBrain,
});
