import { EngineError, reasonOf } from "../../engine/errors.ts";
import type { EngineFactories, Engines } from "../../engines/define-engines.ts";
import { isAbsence } from "../absent-engine.ts";
import { type ChooseEngineOptions, chooseEngine, type EngineChoice, type EngineOf } from "./choose-engine.ts";

export interface OpenEngineOptions<Factories extends EngineFactories = EngineFactories>
  extends ChooseEngineOptions<Factories> {
  /** Hears that the chosen engine can't be used, why, and which one is opened instead. Default: nobody does. */
  readonly onFallback?:
    | ((reason: EngineError, instead: EngineChoice<Factories>, chosen: EngineChoice<Factories>) => void)
    | undefined;
}

/**
 * Opens the engine that {@link chooseEngine} chooses and asks for its health; where it is not there, can't be started or
 * is not well, the one that `fallbackEngine` of the files names instead. What is wrong with a configuration is thrown: no
 * other engine would make that right.
 *
 * @example
 * ```ts
 * const client = await openEngine(engines, {
 *   onFallback: (reason, instead) => console.warn(`${reason.message} Using ${instead.id}.`),
 * });
 * ```
 * @throws EngineError as {@link chooseEngine}; `ENGINE_UNAVAILABLE` when no engine is well; and whatever a factory throws
 */
export async function openEngine<Factories extends EngineFactories>(
  engines: Engines<Factories>,
  { onFallback, ...options }: OpenEngineOptions<Factories> = {},
): Promise<EngineOf<Factories>> {
  const chosen = await chooseEngine(engines, options);
  try {
    return await openHealthy(chosen);
  } catch (reason) {
    if (!isAbsence(reason)) throw reason;
    const instead = await chosen.fallback();
    if (instead === undefined) throw reason;
    onFallback?.(reason, instead, chosen);
    return openHealthy(instead);
  }
}

async function openHealthy<Factories extends EngineFactories>(
  choice: EngineChoice<Factories>,
): Promise<EngineOf<Factories>> {
  const client = await choice.create();
  // Clients that were written by hand may throw.
  const unwell = (cause: unknown) => ({ ok: false, error: reasonOf(cause) });
  const { ok, error = "its health check failed" } = await client.health().catch(unwell);
  if (ok) return client;
  await client.dispose();
  throw new EngineError("ENGINE_UNAVAILABLE", `The engine ${choice.id} can't be used: ${error}`, {
    engine: choice.id,
  });
}
