import { EngineError } from "../engine/errors.ts";
import { withDeadline } from "../engine/scope.ts";
import type { EventHub } from "../hub/event-hub.ts";
import type { Registry } from "../hub/registry.ts";

/** Milliseconds that the engine's own word on what it did may take: it is mostly there before the answer. */
const WORD_MS = 1_000;

/**
 * Waits until the mirror shows what the engine has just done, so that who reads it next finds it. The engine tells it
 * itself; said by two it would be told twice. Where nobody listens there is nothing to wait for.
 */
export async function followed(
  hub: EventHub,
  registry: Registry,
  signal: AbortSignal,
  isShown: () => boolean,
): Promise<void> {
  if (hub.status.state !== "open" || isShown()) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const leave = registry.subscribe(() => {
    if (isShown()) resolve();
  });
  const late = () => new EngineError("TIMEOUT", "The event stream does not tell it in time.");
  try {
    await withDeadline(WORD_MS, late, [signal], () => promise);
  } catch (error) {
    // It is done all the same, and told later.
    if (!EngineError.is(error, "TIMEOUT")) throw error;
  } finally {
    leave();
  }
}
