import { describe, it } from "vitest";
import { describeEngine } from "../../src/testing/conformance/describe-engine.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { mockBrain, mockScript } from "./mock-brain.ts";

const engine = createMockEngine(mockScript);

describeEngine("the mock engine", {
  runner: { describe, it },
  createDriver: () => engine,
  brain: mockBrain,
});
