import { createEngineClient } from "../../../src/create-engine-client.ts";
import type { DriverEventStream, EngineConnection, EngineDriver } from "../../../src/engine/driver.ts";
import type { DriverEvent } from "../../../src/engine/driver-events.ts";
import type { ManagedEngineClient } from "../../../src/engine/managed-engine-client.ts";
import type { PromptCall } from "../../../src/engine/prompt-call.ts";
import type { EngineSource } from "../../../src/testing/conformance/stage.ts";
import type { MockEngine } from "../../../src/testing/mock-engine.ts";

/** What the suite is given: an engine, and what is broken about it. */
export type Broken = Pick<EngineSource, "createDriver" | "clientOf">;

/** Breaks one thing of an engine, each time anew. */
export type Breaking = (engine: MockEngine) => Broken;

type Change = (connection: EngineConnection) => Partial<EngineConnection>;
type MapEvent = (event: DriverEvent) => readonly DriverEvent[];

/** Other calls. */
export const calls =
  (change: Change): Breaking =>
  (engine) => ({ createDriver: () => withCalls(engine, change) });

/** Other events. `begin` makes what maps those of one client. */
export const events =
  (begin: () => MapEvent): Breaking =>
  (engine) => ({ createDriver: () => withEvents(engine, begin()) });

/** Other events, above the place where the suite breaks the wire: what the package makes of them is broken, so to say. */
export const eventsAbove =
  (begin: () => MapEvent): Breaking =>
  (engine) => ({
    createDriver: () => engine,
    clientOf: (driver) => createEngineClient(withEvents(driver, begin())),
  });

/** Another driver, above the same place. */
export const above =
  (change: (driver: EngineDriver) => EngineDriver): Breaking =>
  (engine) => ({ createDriver: () => engine, clientOf: (driver) => createEngineClient(change(driver)) });

/** Another client. */
export const client =
  (change: (client: ManagedEngineClient) => Partial<ManagedEngineClient>): Breaking =>
  (engine) => ({
    createDriver: () => engine,
    clientOf: (driver) => {
      const inner = createEngineClient(driver);
      return overlaid(inner, change(inner));
    },
  });

/** A client whose prompts are broken. */
export const prompts = (change: (call: PromptCall) => Partial<PromptCall>): Breaking =>
  client((inner) => ({
    session: overlaid(inner.session, {
      prompt: (...given: Parameters<ManagedEngineClient["session"]["prompt"]>) => {
        const call = inner.session.prompt(...given);
        return overlaid(call, change(call));
      },
    }),
  }));

export function withCalls(driver: EngineDriver, change: Change): EngineDriver {
  const connect: EngineDriver["connect"] = async (options) => {
    const connection = await driver.connect(options);
    return overlaid(connection, change(connection));
  };
  return overlaid(driver, { connect });
}

export function withEvents(driver: EngineDriver, map: MapEvent): EngineDriver {
  return withStreams(driver, async function* (stream) {
    for await (const item of stream) for (const event of map(item.event)) yield { ...item, event };
  });
}

/** Listening begins as before; only what is heard is another thing. */
export function withStreams(
  driver: EngineDriver,
  change: (stream: DriverEventStream) => DriverEventStream,
): EngineDriver {
  return withCalls(driver, (connection) => ({
    events: async (options) => change(await connection.events(options)),
  }));
}

/** The object with some properties exchanged: methods and getters of the others work on the object itself. */
export function overlaid<T extends object>(object: T, over: object): T {
  return new Proxy(object, {
    get(target, key) {
      if (key in over) return Reflect.get(over, key);
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
