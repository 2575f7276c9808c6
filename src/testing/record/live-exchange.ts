/** Statuses whose answers have no body. */
const BODILESS: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/** A request that was made in a replay, and its answer as it comes. After its end, or its reader's, nothing does. */
export class LiveExchange {
  /** What `fetch` is awaited for. */
  readonly response: Promise<Response>;
  readonly #head = Promise.withResolvers<Response>();
  readonly #signal: AbortSignal;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isAnswered = false;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.response = this.#head.promise;
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener("abort", this.#onAbort);
  }

  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  answer(status: number, headers: Readonly<Record<string, string>>): void {
    const body = BODILESS.has(status)
      ? null
      : new ReadableStream<Uint8Array>({
          start: (controller) => {
            this.#body = controller;
          },
          cancel: () => this.#close(),
        });
    if (body === null) this.#close();
    this.#isAnswered = true;
    this.#head.resolve(new Response(body, { status, headers: { ...headers } }));
  }

  write(bytes: Uint8Array): void {
    if (bytes.byteLength > 0) this.#body?.enqueue(bytes);
  }

  end(): void {
    this.#body?.close();
    this.#close();
  }

  fail(error: unknown): void {
    this.#body?.error(error);
    this.#close();
    this.#isAnswered = true;
    this.#head.reject(error);
  }

  readonly #onAbort = (): void => this.fail(this.#signal.reason);

  #close(): void {
    this.#body = undefined;
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}
