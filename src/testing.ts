/**
 * For tests of applications and adapters: an engine in memory, the conformance suite, the handlers of the `/v1`
 * contract for MSW, and faults.
 *
 * @module
 */
export type { EngineBrain } from "./testing/conformance/brain.ts";
export {
  type ClientConformanceOptions,
  type ConformanceSkip,
  type DescribeEngineOptions,
  type DriverConformanceOptions,
  describeEngine,
} from "./testing/conformance/describe-engine.ts";
export type { RuleNumber } from "./testing/conformance/rule.ts";
export type { TestRunner } from "./testing/conformance/runner.ts";
export type { Cue, CueType } from "./testing/faults/cues.ts";
export type { FakeOpenCode, FakeOpenCodeOptions } from "./testing/faults/fake-open-code.ts";
export type {
  CutFault,
  EndFault,
  ExchangeFault,
  FaultLimit,
  FaultRequest,
  FaultRule,
  FaultScope,
  FaultSelector,
  FaultStart,
  FramesFault,
  HangFault,
  RefuseFault,
  RespondFault,
  StallFault,
  TrickleFault,
} from "./testing/faults/fault.ts";
export type { InjectedFault } from "./testing/faults/fault-rules.ts";
export type { FrameTransform } from "./testing/faults/frame-faults.ts";
export type { FaultProxy, FaultProxyOptions } from "./testing/faults/proxy.ts";
export type {
  RecordedError,
  RecordedEvent,
  RecordedFrame,
  RecordedInfo,
  RecordedPart,
  RecordedProperties,
  RecordedStatus,
  RecordedTime,
} from "./testing/faults/recording.ts";
export { faults } from "./testing/faults.ts";
export { createHandlers, type HandlersOptions } from "./testing/handlers.ts";
export type { MockClockKind } from "./testing/mock-clock.ts";
export {
  createMockEngine,
  type MockEngine,
  type MockEngineOptions,
  type MockScript,
} from "./testing/mock-engine.ts";
export type { MockStep } from "./testing/mock-steps.ts";
