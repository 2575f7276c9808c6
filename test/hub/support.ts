import { onTestFinished, vi } from "vitest";
import { createEngineClient, type EngineClientOptions } from "../../src/create-engine-client.ts";
import type { Diagnostic } from "../../src/engine/diagnostics.ts";
import type { EngineConnection, EngineDriver } from "../../src/engine/driver.ts";
import type { DriverMessage, DriverSession } from "../../src/engine/driver-events.ts";
import type { EngineError } from "../../src/engine/errors.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import type { Message } from "../../src/engine/message.ts";
import type { PromptCall, PromptResult } from "../../src/engine/prompt-call.ts";
import type { PromptEvent } from "../../src/engine/prompt-events.ts";
import type { Session } from "../../src/engine/session.ts";
import { createMockEngine, type MockEngine, type MockScript } from "../../src/testing/mock-engine.ts";

export interface Stage {
  readonly engine: MockEngine;
  readonly client: ManagedEngineClient;
  readonly session: Session;
  readonly diagnostics: Diagnostic[];
}

/** A client that is disposed when the test is over. */
export function clientOf(driver: EngineDriver, options: EngineClientOptions = {}): ManagedEngineClient {
  const client = createEngineClient(driver, options);
  onTestFinished(() => client.dispose());
  return client;
}

/** A mock engine, a client of it and a session in it. */
export async function stage(script?: MockScript, options: EngineClientOptions = {}): Promise<Stage> {
  const engine = createMockEngine(script);
  const diagnostics: Diagnostic[] = [];
  const client = clientOf(engine, { onDiagnostic: (diagnostic) => diagnostics.push(diagnostic), ...options });
  return { engine, client, session: await client.session.create({ title: "Test" }), diagnostics };
}

/** The driver with some calls of its connections exchanged: for wires that behave oddly. */
export function tampered(
  driver: EngineDriver,
  change: (connection: EngineConnection) => Partial<EngineConnection>,
): EngineDriver {
  return {
    id: driver.id,
    name: driver.name,
    capabilities: driver.capabilities,
    async connect(options) {
      const connection = await driver.connect(options);
      return { ...connection, ...change(connection) };
    },
  };
}

export interface Puppet {
  readonly call: PromptCall;
  readonly events: Promise<PromptEvent[]>;
  readonly turnId: string;
  readonly messageId: string;
  /** The engine's last word on the message, and that it is idle. */
  finish(last: Partial<DriverMessage>): void;
}

/** Begins a turn that the test plays by hand: the mock's own brain (see `stage(idle)`) only waits. */
export async function puppet({ engine, client, session }: Stage): Promise<Puppet> {
  const call = client.session.prompt(session, "Hi");
  const events = collect(call);
  const begun = Promise.withResolvers<Message>();
  const leave = client.events.subscribe((event) => {
    if (event.type === "message_created" && event.message.role === "assistant") begun.resolve(event.message);
  });
  const { id, turnId = "" } = await begun.promise.finally(leave);
  await call;
  const message: DriverMessage = { id, sessionId: session.id, role: "assistant", turnId, createdAt: 1 };
  return {
    call,
    events,
    turnId,
    messageId: id,
    finish(last) {
      engine.emit({ type: "message_updated", message: { ...message, completedAt: 2, ...last } });
      engine.emit({ type: "session_status", sessionId: session.id, running: false });
    },
  };
}

/** A brain that thinks until it is aborted. */
export const idle: MockScript = () => [{ wait: new Promise(() => {}) }];

export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

/** Lets everything happen that waits for nothing but its turn: the mock engine has no other clock. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

/** Lets the event loop turn until it is so; a test that waits in vain runs into its own timeout. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

/** Reconnects at once, but not in the same breath. */
export function withoutBackoff(): void {
  const random = vi.spyOn(Math, "random").mockReturnValue(0);
  onTestFinished(() => random.mockRestore());
}

/** Clocks stand still until they are told; everything else runs. */
export function stoppedClock(): void {
  const toFake = [
    "setTimeout",
    "clearTimeout",
    "setInterval",
    "clearInterval",
    "Date",
    "performance",
  ] as const;
  vi.useFakeTimers({ toFake: [...toFake] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

/** The next event of this type. */
export async function next<Type extends EngineEvent["type"]>(
  client: ManagedEngineClient,
  type: Type,
): Promise<Extract<EngineEvent, { type: Type }>> {
  const { promise, resolve } = Promise.withResolvers<Extract<EngineEvent, { type: Type }>>();
  const isWanted = (event: EngineEvent): event is Extract<EngineEvent, { type: Type }> => event.type === type;
  const leave = client.events.subscribe((event) => {
    if (isWanted(event)) resolve(event);
  });
  return promise.finally(leave);
}

/** What a reader of the events shows of the turn's text. */
export function fold(events: readonly PromptEvent[]): string {
  const parts = new Map<string, string>();
  for (const event of events) {
    if (event.type === "text_delta") {
      const shown = parts.get(event.partId) ?? "";
      if (shown.length !== event.offset) throw new Error(`A hole or an overlap at ${event.offset}`);
      parts.set(event.partId, shown + event.delta);
    }
    if (event.type === "text_reset") parts.set(event.partId, event.text);
  }
  return [...parts.values()].join("");
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What `promise` rejects with. */
export async function rejection(
  promise: Promise<unknown>,
): Promise<EngineError & { readonly result?: PromptResult }> {
  return promise.then(
    (value) => {
      throw new Error(`Did not reject, but gave ${JSON.stringify(value)}`);
    },
    (error) => error,
  );
}

/** Runs `work`, lets the event loop turn, and gives the rejections that nobody handled. */
export async function unhandledRejections(work: () => Promise<unknown>): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", listener);
  try {
    await work();
    await settle();
  } finally {
    process.off("unhandledRejection", listener);
  }
  return unhandled;
}

/** The session as an engine tells it. */
export function told({ engineId: _, status: __, ...session }: Session): DriverSession {
  return session;
}
