/**
 * For tests: an engine in memory.
 * @module
 */
export { createMockEngine, type MockEngine, type MockScript } from "./testing/mock-engine.ts";
export type { MockStep } from "./testing/mock-steps.ts";
