import type { ServerResponse } from "node:http";

/** The open event streams of the fake server. */
export class FakeStreams {
  readonly #heartbeatMs: number;
  /** With what beats in each. */
  readonly #open = new Map<ServerResponse, NodeJS.Timeout>();
  #said = 0;

  constructor(heartbeatMs: number) {
    this.#heartbeatMs = heartbeatMs;
  }

  get size(): number {
    return this.#open.size;
  }

  /** From its first frame on a listener is told of everything. */
  open(response: ServerResponse): void {
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    this.#say(response, "server.connected");
    const heart = setInterval(() => this.#say(response, "server.heartbeat"), this.#heartbeatMs);
    this.#open.set(response, heart);
    response.once("close", () => this.#end(response));
  }

  tell(frame: string): void {
    for (const response of this.#open.keys()) write(response, frame);
  }

  /** Breaks them all off, as a cut connection does, behind what was told so far. */
  drop(): void {
    for (const response of this.#open.keys()) {
      this.#end(response);
      // What was written in this turn of the event loop is on its way only in the next.
      setImmediate(() => response.socket?.destroySoon());
    }
  }

  #end(response: ServerResponse): void {
    clearInterval(this.#open.get(response));
    this.#open.delete(response);
  }

  #say(response: ServerResponse, type: string): void {
    this.#said += 1;
    const id = `evt_${String(this.#said).padStart(26, "0")}`;
    write(response, JSON.stringify({ payload: { id, type, properties: {} } }));
  }
}

function write(response: ServerResponse, frame: string): void {
  response.write(`data: ${frame}\n\n`);
}
