import type { EngineCapabilities } from "../engine/capabilities.ts";
import type { DriverReport, EngineConnection, EngineDriver } from "../engine/driver.ts";
import { EngineError } from "../engine/errors.ts";
import { scoped } from "../engine/scope.ts";

/** The one current connection: made when it is first needed, and anew after it broke. */
export class Link {
  readonly #driver: EngineDriver;
  readonly #report: DriverReport;
  readonly #life = new AbortController();
  #current: Promise<EngineConnection> | undefined;
  /** Resolves when all that were dropped are closed. */
  #closed: Promise<unknown> = Promise.resolve();
  #version = "unknown";
  #capabilities: EngineCapabilities;

  constructor(driver: EngineDriver, report: DriverReport) {
    this.#driver = driver;
    this.#report = report;
    this.#capabilities = driver.capabilities;
  }

  /** Of the engine, once it was reached. */
  get version(): string {
    return this.#version;
  }

  /** Of the engine, once it was reached; before that the driver's. */
  get capabilities(): EngineCapabilities {
    return this.#capabilities;
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
    return scoped([this.signal, signal], async (scope) => {
      const connection = await this.connection();
      // Connecting does not end with the caller's signal; what he gave up meanwhile must not be asked for.
      scope.throwIfAborted();
      return work(connection, scope);
    });
  }

  /** Shared by all who ask while it is made, so nobody's own signal ends it. */
  connection(): Promise<EngineConnection> {
    if (this.#current === undefined) {
      const current = this.#connect();
      this.#current = current;
      current.catch(() => {
        if (this.#current === current) this.#current = undefined;
      });
    }
    return this.#current;
  }

  /** It broke, or is no longer wanted: the next call connects again. Resolves when it is closed. */
  async drop(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined) this.#closed = Promise.all([this.#closed, this.#close(current)]);
    await this.#closed;
  }

  async dispose(): Promise<void> {
    const message = `This ${this.#driver.name} client was disposed; make a new one.`;
    const { id } = this.#driver;
    this.#life.abort(new EngineError("ENGINE_UNAVAILABLE", message, { engine: id, retryable: false }));
    await this.drop();
  }

  async #connect(): Promise<EngineConnection> {
    this.signal.throwIfAborted();
    const connection = await this.#driver.connect({ signal: this.signal, report: this.#report });
    this.#version = connection.version;
    this.#capabilities = connection.capabilities ?? this.#driver.capabilities;
    return connection;
  }

  async #close(current: Promise<EngineConnection>): Promise<void> {
    const connection = await current.catch(() => undefined);
    await connection?.close().catch((cause: unknown) => {
      const message = "A connection could not be closed.";
      this.#report.diagnostic({ level: "warning", code: "close_failed", message, cause });
    });
  }
}
