import type { DriverReport, EngineConnection, EngineDriver } from "../engine/driver.ts";
import { EngineError } from "../engine/errors.ts";
import { scoped } from "../engine/scope.ts";

/** The one current connection: made when it is first needed, and anew after it broke. */
export class Link {
  readonly #driver: EngineDriver;
  readonly #report: DriverReport;
  readonly #life = new AbortController();
  #current: Promise<EngineConnection> | undefined;
  #version = "unknown";

  constructor(driver: EngineDriver, report: DriverReport) {
    this.#driver = driver;
    this.#report = report;
  }

  /** Of the engine, once it was reached. */
  get version(): string {
    return this.#version;
  }

  /** Aborts when the client is disposed: the `reason` is the error that pending calls end with. */
  get signal(): AbortSignal {
    return this.#life.signal;
  }

  /** Does something with the connection. Ends with the caller's signal, and with the client. */
  async use<T>(
    signal: AbortSignal | undefined,
    work: (connection: EngineConnection, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return scoped([this.signal, signal], async (scope) => work(await this.connection(), scope));
  }

  /** Shared by all who ask while it is made, so nobody's own signal ends it. */
  connection(): Promise<EngineConnection> {
    if (this.#current === undefined) {
      const current = this.#driver.connect({ signal: this.signal, report: this.#report });
      this.#current = current;
      current.then(
        (connection) => {
          this.#version = connection.version;
        },
        () => this.#forget(current),
      );
    }
    return this.#current;
  }

  /** It broke, or is no longer wanted: the next call connects again. */
  async drop(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    this.#forget(current);
    const connection = await current.catch(() => undefined);
    await connection?.close();
  }

  async dispose(): Promise<void> {
    this.#life.abort(
      new EngineError(
        "ENGINE_UNAVAILABLE",
        `This ${this.#driver.name} client was disposed; make a new one.`,
        {
          engine: this.#driver.id,
          retryable: false,
        },
      ),
    );
    await this.drop();
  }

  #forget(current: Promise<EngineConnection>): void {
    if (this.#current === current) this.#current = undefined;
  }
}
