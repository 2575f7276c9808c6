import type { EngineClient } from "../engine/engine-client.ts";
import { EngineError } from "../engine/errors.ts";

/** Makes the client of one engine, from whatever configuration that engine takes, or none. */
export type EngineFactory = (config: never) => EngineClient | Promise<EngineClient>;

/** Factories by the engines' ids. */
export type EngineFactories = Readonly<Record<string, EngineFactory>>;

/** The ids of these engines. */
export type EngineIdOf<Factories extends EngineFactories> = keyof Factories & string;

/** The engines that an application has. Made by {@link defineEngines}. */
export interface Engines<Factories extends EngineFactories = EngineFactories> {
  /** In the order in which they were defined. */
  readonly ids: readonly EngineIdOf<Factories>[];
  readonly factories: Factories;
  /** Is there an engine of this id? For ids that come from people. */
  has(id: string): id is EngineIdOf<Factories>;
  /**
   * Makes a client of the engine. Nothing of any engine happens before. Each call makes another client, which is the
   * caller's to dispose of.
   * @throws EngineError `INVALID_REQUEST` when there is no such engine; and whatever its factory throws
   */
  create<Id extends EngineIdOf<Factories>>(
    id: Id,
    ...config: Parameters<Factories[Id]>
  ): Promise<Awaited<ReturnType<Factories[Id]>>>;
}

/**
 * Names the engines that an application can use. A plain value: no registry, no state. A factory that imports its engine
 * when it is called loads that engine's code only when somebody chose it.
 *
 * Which of them a workspace or a person wants, `chooseEngine()` of `@quantumreef/engine-client/node` reads from their
 * `.quantumreef/config.json`.
 *
 * @example
 * ```ts
 * const engines = defineEngines({
 *   opencode: (options: OpenCodeClientOptions) => new OpenCodeClient(options),
 *   acme: async (options: AcmeOptions) => (await import("./acme.ts")).createAcme(options),
 * });
 * const client = await engines.create("acme", { baseUrl: "http://127.0.0.1:5000" });
 * ```
 */
export function defineEngines<const Factories extends EngineFactories>(
  factories: Factories,
): Engines<Factories> {
  const has = (id: string): id is EngineIdOf<Factories> => Object.hasOwn(factories, id);
  return {
    ids: Object.keys(factories).filter(has),
    factories,
    has,
    create: (id, ...config) => createFrom(factories, id, config),
  };
}

/**
 * Calls the factory of the engine.
 * @throws EngineError `INVALID_REQUEST` when there is none, or it makes something else than a client
 */
export async function createFrom<Factories extends EngineFactories, Id extends EngineIdOf<Factories>>(
  factories: Factories,
  id: Id,
  config: readonly unknown[],
): Promise<Awaited<ReturnType<Factories[Id]>>> {
  const factory = Object.hasOwn(factories, id) ? factories[id] : undefined;
  if (factory === undefined) {
    const known = knownEngines(Object.keys(factories));
    throw new EngineError("INVALID_REQUEST", `There is no engine ${JSON.stringify(id)}: ${known}.`);
  }
  // That the arguments are this factory's own is beyond the compiler: its id and they are told by the same type.
  const client: Awaited<ReturnType<Factories[Id]>> = await Reflect.apply(factory, undefined, config);
  if (typeof client !== "object" || client === null || !("session" in client)) {
    const message = `The factory of the engine ${JSON.stringify(id)} made no client: return what createEngineClient() returns.`;
    throw new EngineError("INVALID_REQUEST", message, { engine: id });
  }
  return client;
}

/** For messages. */
export function knownEngines(ids: readonly string[]): string {
  return ids.length === 0 ? "none is defined" : `it is one of ${ids.join(", ")}`;
}
