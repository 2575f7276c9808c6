import type { EngineCapability } from "../engine/capabilities.ts";
import type { EngineConnection, EngineDriver } from "../engine/driver.ts";
import { EngineError } from "../engine/errors.ts";
import type { Link } from "../hub/link.ts";

/** Calls what an engine may lack. */
export class OptionalCalls {
  readonly #driver: EngineDriver;
  readonly #link: Link;

  constructor(driver: EngineDriver, link: Link) {
    this.#driver = driver;
    this.#link = link;
  }

  unsupported(capability: EngineCapability): EngineError {
    const message = `${this.#driver.name} can't do this here: it lacks the capability "${capability}".`;
    return new EngineError("UNSUPPORTED", message, { engine: this.#driver.id });
  }

  /** @throws EngineError `UNSUPPORTED` where the engine says that it can't, or the work is `undefined` */
  call<T>(
    capability: EngineCapability,
    signal: AbortSignal | undefined,
    work: (connection: EngineConnection, signal: AbortSignal) => Promise<T> | undefined,
  ): Promise<T> {
    return this.#link.use(signal, async (connection, scope) => {
      if (!this.#link.capabilities[capability]) throw this.unsupported(capability);
      const result = work(connection, scope);
      if (result === undefined) throw this.unsupported(capability);
      return result;
    });
  }
}
