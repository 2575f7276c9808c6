import { passOn } from "./pass-on.ts";
import type { WireRedaction } from "./redactor.ts";
import { Tape } from "./tape.ts";
import { pathOf, writeWireFile } from "./wire-file.ts";

export interface RecordWireOptions {
  /** Where the recording is written, when it is closed; folders are made, and what was there is replaced. */
  readonly file: string | URL;
  /** Asks the engine. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** What is removed besides what is known to be secret. Default: nothing. */
  readonly redact?: WireRedaction | undefined;
}

/** Made by {@link recordWire}. */
export interface WireRecorder extends AsyncDisposable {
  /** Give it to the client as its `fetch`. */
  readonly fetch: typeof globalThis.fetch;
  /** Writes the file. What is asked from then on is passed on and not recorded. May be called again. */
  close(): Promise<void>;
}

/**
 * Records what a client and its engine say to each other over HTTP, event streams included, for `replayWire()`. Until
 * `close()` it is kept in memory and no secret is on disk: passwords, tokens, cookies and keys of providers are then
 * removed wherever they stand, also those that only a variable of this process names. Headers of requests are not kept.
 *
 * @example
 * ```ts
 * const wire = recordWire({ file: "test/fixtures/greeting.jsonl" });
 * const client = new OpenCodeClient({ baseUrl: "http://127.0.0.1:4096", fetch: wire.fetch });
 * const session = await client.session.create();
 * await client.session.prompt(session, "Hello").text();
 * await client.dispose();
 * await wire.close();
 * ```
 */
export function recordWire(options: RecordWireOptions): WireRecorder {
  const { file, fetch = globalThis.fetch, redact } = options;
  const tape = new Tape(redact);
  let written: Promise<void> | undefined;

  const recorded: typeof globalThis.fetch = async (input, init) => {
    if (written !== undefined) return fetch(input, init);
    const request = new Request(input, init);
    // The request itself is sent, and its body with it.
    const body = request.body === null ? undefined : await request.clone().arrayBuffer();
    const id = tape.request(request, body && new Uint8Array(body));
    try {
      const response = await fetch(request);
      tape.answer(id, response);
      return passOn(response, request.signal, tape.listener(id, response.headers.get("content-type")));
    } catch (cause) {
      if (request.signal.aborted) tape.add({ type: "left", id });
      else tape.failure(id, cause);
      throw cause;
    }
  };

  const close = (): Promise<void> => {
    written ??= (async () => writeWireFile(pathOf(file), tape.withoutSecrets()))();
    return written;
  };
  return { fetch: recorded, close, [Symbol.asyncDispose]: close };
}
