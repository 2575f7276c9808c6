import type { ClientRequest, IncomingMessage, RequestOptions, ServerResponse } from "node:http";
import { AnswerBody } from "./answer-body.ts";
import type { ExchangeFault, FaultStart, RespondFault } from "./fault.ts";
import type { Claim } from "./fault-rules.ts";
import { transformFrames } from "./frame-faults.ts";
import { createGate, type Gate } from "./gate.ts";

export interface ExchangeOptions {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly claim: Claim<ExchangeFault> | undefined;
  /** Shut while the whole proxy is silent. */
  readonly gate: Gate;
  /** Begins a request to the target, on a connection of its own. */
  ask(options: RequestOptions): ClientRequest;
}

/** A reset overtakes what the client has not read yet: so long, in milliseconds, it has time for that. */
const RESET_DELAY = 10;

/** Longer delays make a timer of Node fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** These speak of one connection, and there are two: each side gets its own. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "upgrade",
  "expect",
]);

/** One request, its answer, and the fault that strikes them. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #gate: Gate;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #outgoing: ClientRequest | undefined;
  #body: AnswerBody | undefined;
  #inHand = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#gate = createGate(options.gate);
  }

  /** Bytes of the answer that are held back by a fault. */
  get held(): number {
    const holds = this.#gate.isShut && !this.#options.request.socket.destroyed;
    return holds ? this.#inHand + (this.#body?.held ?? 0) : 0;
  }

  /** Nothing is held back any more. */
  release(): void {
    clearTimeout(this.#timer);
    this.#gate.open();
  }

  /** Resolves when the last byte is on its way, or the connection is over; never rejects. */
  async run(): Promise<void> {
    const { socket } = this.#options.request;
    const leave = () => void this.#gate.passed().then(() => this.#outgoing?.destroy());
    socket.once("close", leave);
    try {
      await this.#play();
    } catch {
      // The target can't be reached, or the client has left: each side sees that the other one is gone.
      await this.#gate.passed();
      this.#outgoing?.destroy();
      socket.destroy();
    } finally {
      socket.off("close", leave);
    }
  }

  async #play(): Promise<void> {
    const { request, response, claim } = this.#options;
    const fault = claim?.fault;
    await this.#clear();
    if (fault?.type === "respond") return this.#respond(fault);
    if (request.headers.expect) response.writeContinue();
    const answer = await this.#ask();
    const body = new AnswerBody(answer);
    this.#body = body;
    const start = startOf(fault, answer);
    let rest: AsyncIterable<Uint8Array> | undefined;
    if (start === "head") rest = await this.#strike(body);
    else {
      await this.#sendHead(answer);
      const passed = await this.#send(body.take(start));
      rest = passed === start ? await this.#strike(body) : body.take();
    }
    if (!rest) return;
    if (start === "head") await this.#sendHead(answer);
    await this.#send(rest);
    await this.#clear();
    if (!body.complete) throw new Error("The target's connection broke");
    response.end();
  }

  /** What goes on from where the fault begins; `undefined` when it ends the exchange. */
  async #strike(body: AnswerBody): Promise<AsyncIterable<Uint8Array> | undefined> {
    const { request, response, claim } = this.#options;
    await this.#clear();
    if (!claim) return body.take();
    const { fault } = claim;
    claim.hit();
    switch (fault.type) {
      case "cut":
        if (fault.reset) {
          this.#hold(RESET_DELAY);
          await this.#clear();
          request.socket.resetAndDestroy();
        } else request.socket.destroySoon();
        this.#outgoing?.destroy();
        return undefined;
      case "end":
        response.end();
        this.#outgoing?.destroy();
        return undefined;
      case "stall":
        this.#hold(fault.ms);
        return body.take();
      case "hang":
        this.#gate.shut();
        return body.take();
      case "trickle":
        return trickle(body.take(), fault.bytes ?? 1);
      case "frames":
        return transformFrames(body.take(), fault.transform, fault.after ?? 0);
      case "respond":
        return undefined;
    }
  }

  #hold(ms: number): void {
    this.#gate.shut();
    this.#timer = setTimeout(this.#gate.open, Math.min(ms, LONGEST_DELAY));
  }

  #respond({ status, headers = {}, body = "" }: RespondFault): void {
    const { response, claim } = this.#options;
    claim?.hit();
    response.writeHead(status, headers).end(body);
  }

  #ask(): Promise<IncomingMessage> {
    const { request, ask, claim } = this.#options;
    const dropped = new Set(HOP_BY_HOP);
    // Frames can only be told apart in plain text.
    if (claim?.fault.type === "frames") dropped.add("accept-encoding");
    const { method, url: path } = request;
    const outgoing = ask({ method, path, headers: without(request.rawHeaders, dropped) });
    this.#outgoing = outgoing;
    void this.#upload(outgoing);
    return new Promise((resolve, reject) => {
      outgoing.once("response", resolve).on("error", () => {});
      outgoing.once("close", () => reject(new Error("The target did not answer")));
    });
  }

  async #upload(outgoing: ClientRequest): Promise<void> {
    try {
      for await (const chunk of this.#options.request) {
        await this.#gate.passed();
        // Its failure is no reason to stop reading: the target may have answered early, and that must arrive.
        await new Promise<void>((resolve) => outgoing.write(chunk, () => resolve()));
      }
      await this.#gate.passed();
      outgoing.end();
    } catch {
      // The client has left in the middle: `run` sees that too.
    }
  }

  async #sendHead(answer: IncomingMessage): Promise<void> {
    const { response, claim } = this.#options;
    await this.#clear();
    const dropped = new Set(HOP_BY_HOP).add("transfer-encoding");
    const type = claim?.fault.type;
    if (type === "end" || type === "frames") dropped.add("content-length");
    response.sendDate = false;
    response.writeHead(answer.statusCode ?? 0, answer.statusMessage, without(answer.rawHeaders, dropped));
    response.flushHeaders();
  }

  /** Passes bytes on, and says how many. */
  async #send(body: AsyncIterable<Uint8Array>): Promise<number> {
    const { response } = this.#options;
    let sent = 0;
    for await (const bytes of body) {
      this.#inHand = bytes.length;
      await this.#clear();
      this.#inHand = 0;
      // One piece at a time, until the system has taken it: that is what slows the target down.
      await new Promise<void>((resolve, reject) => {
        response.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
      sent += bytes.length;
    }
    return sent;
  }

  /** Waits until something may pass, if there is still somebody to pass it to. */
  async #clear(): Promise<void> {
    await this.#gate.passed();
    if (!this.#options.request.socket.writable) throw new Error("The client's connection is closed");
  }
}

/** After how many bytes it begins; for frames the first, as they find their own beginning. */
function startOf(fault: ExchangeFault | undefined, { headers }: IncomingMessage): FaultStart {
  if (!fault || fault.type === "respond") return Number.POSITIVE_INFINITY;
  if (fault.type !== "frames") return fault.after ?? 0;
  return headers["content-type"]?.startsWith("text/event-stream") ? 0 : Number.POSITIVE_INFINITY;
}

/** Names and values in turn, as they came, without some of them. */
function without(rawHeaders: readonly string[], names: ReadonlySet<string>): string[] {
  return rawHeaders.filter((_, index) => !names.has((rawHeaders[index - (index % 2)] ?? "").toLowerCase()));
}

async function* trickle(body: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; at += size) {
      yield chunk.subarray(at, at + size);
      await turn();
    }
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
