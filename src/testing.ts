/**
 * For tests: an engine in memory, and a server that is none.
 * @module
 */
export { createHandlers, type HandlersOptions } from "./testing/handlers.ts";
export {
  createMockEngine,
  type MockEngine,
  type MockEngineOptions,
  type MockScript,
} from "./testing/mock-engine.ts";
export type { MockStep } from "./testing/mock-steps.ts";
