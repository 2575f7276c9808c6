import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setImmediate, setTimeout } from "node:timers/promises";
import type { Frame } from "./wire.ts";

/** The HTTP side of one reply: it knows bytes and sockets, and neither scripts nor wires. */
export class Reply {
  readonly #response: ServerResponse;
  readonly #contentType: string;
  readonly #gone = new AbortController();
  #slice = 0;

  constructor(response: ServerResponse, contentType: string) {
    this.#response = response;
    this.#contentType = contentType;
    response.once("close", () => this.#gone.abort());
  }

  /** Whether the other side has gone, or the reply has ended. */
  get closed(): boolean {
    return this.#gone.signal.aborted;
  }

  /** From here on, writes in slices of so many bytes; 0 writes whole frames. */
  sliceBy(bytes: number): void {
    this.#slice = bytes;
  }

  /** Sends the headers now, before there is a body. */
  begin(): void {
    if (this.#response.headersSent) return;
    this.#response.writeHead(200, { "content-type": this.#contentType, "cache-control": "no-cache" });
    this.#response.flushHeaders();
  }

  async write(frames: readonly Frame[]): Promise<void> {
    this.begin();
    for (const frame of frames) {
      const bytes = typeof frame === "string" ? Buffer.from(frame, "utf8") : frame;
      if (this.#slice === 0) await this.#put(bytes);
      for (let at = 0; this.#slice > 0 && at < bytes.length && !this.closed; at += this.#slice) {
        await this.#put(bytes.subarray(at, at + this.#slice));
        // One turn of the loop for each slice, or they would leave in one packet.
        await setImmediate();
      }
    }
  }

  /** Resolves after so long, at once when the other side goes. */
  async sleep(ms: number): Promise<void> {
    await this.whileOpen((signal) => setTimeout(ms, undefined, { signal }));
  }

  /** Waits for something that takes a signal; the end of the connection ends the wait, and is no error. */
  async whileOpen(wait: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    try {
      await wait(this.#gone.signal);
    } catch (error) {
      if (!this.closed) throw error;
    }
  }

  end(): void {
    this.#response.end();
  }

  /** Drops the connection in the middle of the body. */
  async cut(): Promise<void> {
    this.begin();
    // What was written has to leave first: destroying the socket throws its buffers away.
    await this.sleep(20);
    this.#response.destroy();
  }

  /** Answers with JSON instead of a stream. */
  json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.#response.writeHead(status, { "content-type": "application/json", ...headers });
    this.#response.end(JSON.stringify(body));
  }

  async #put(bytes: Uint8Array): Promise<void> {
    if (this.closed || this.#response.write(bytes)) return;
    await this.whileOpen((signal) => once(this.#response, "drain", { signal }));
  }
}
