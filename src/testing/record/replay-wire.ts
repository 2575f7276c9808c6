import { EngineError } from "../../engine/errors.ts";
import { toContent } from "./content.ts";
import { queryOf } from "./tape.ts";
import { pathOf, readWireFile } from "./wire-file.ts";
import { WireIds } from "./wire-ids.ts";
import { describeRequest, WirePlayer } from "./wire-player.ts";

export interface ReplayWireOptions {
  /**
   * What else is an id that the client makes up, besides UUIDs and the like of `msg_01f3b2c4d5e6f708`. Such an id may
   * differ from the recorded one, and then stands in its place in all answers. Default: nothing.
   */
  readonly ids?: RegExp | undefined;
  /**
   * Milliseconds that a request waits for its answer while another one, which was recorded before that answer, is not
   * made. Default: 5000.
   */
  readonly patience?: number | undefined;
}

/** Made by {@link replayWire}. Requests are told as `"POST /session"`. */
export interface WireReplay {
  /** Give it to the client as its `fetch`: it answers from the recording, and asks nobody. */
  readonly fetch: typeof globalThis.fetch;
  /** Recorded requests that were not made (yet), in their order. */
  readonly unused: readonly string[];
  /** Requests that were made and are not on record, each with what is wrong with it. */
  readonly unexpected: readonly string[];
  /** The recorded request that has to be made before anything else is answered; `undefined`: none. */
  readonly waitingFor: string | undefined;
  /**
   * Plain data in which ids of this run that stand for recorded ones are the recorded ones again, to be compared.
   * What is no JSON is left out.
   */
  inRecordedIds(value: unknown): unknown;
  /** @throws EngineError `INVALID_REQUEST` when a request was not on record, or a recorded one was not made */
  assertComplete(): void;
}

/**
 * Answers a client from a recording of `recordWire()`, with no server and no clock. Requests are answered by method, path,
 * query and body, equal ones in their order; what a stream told after a request was made comes after that request is made
 * again. So the same client code sees the same things in the same order each time.
 *
 * A request that is not on record rejects with one sentence that says what differs.
 *
 * @example
 * ```ts
 * const wire = replayWire("test/fixtures/greeting.jsonl");
 * const client = new OpenCodeClient({ fetch: wire.fetch });
 * const session = await client.session.create();
 * assert.equal(await client.session.prompt(session, "Hello").text(), "Hi!");
 * await client.dispose();
 * wire.assertComplete();
 * ```
 * @throws EngineError `INVALID_REQUEST` when the file can't be read, or is no recording
 */
export function replayWire(file: string | URL, options: ReplayWireOptions = {}): WireReplay {
  const { ids: otherIds, patience = 5_000 } = options;
  const name = pathOf(file);
  const entries = readWireFile(name);
  const ids = new WireIds(entries, otherIds);
  const player = new WirePlayer({ name, entries, ids, patience });
  const unexpected: string[] = [];

  return {
    async fetch(input, init) {
      const request = new Request(input, init);
      const { pathname, searchParams } = new URL(request.url);
      const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
      const live = {
        method: request.method,
        path: pathname,
        query: queryOf(searchParams),
        body: body && toContent(body, request.headers.get("content-type")),
      };
      try {
        return await player.ask(live, request.signal);
      } catch (error) {
        if (EngineError.is(error, "INVALID_REQUEST")) unexpected.push(error.message);
        throw error;
      }
    },
    get unused() {
      return player.unused.map(describeRequest);
    },
    get unexpected() {
      return [...unexpected];
    },
    get waitingFor() {
      return player.waitingFor && describeRequest(player.waitingFor);
    },
    inRecordedIds(value) {
      const text = JSON.stringify(value);
      return text === undefined ? undefined : JSON.parse(ids.toRecorded(text));
    },
    assertComplete() {
      const missing = player.unused.map(describeRequest);
      const problems = [
        ...unexpected,
        ...(missing.length > 0 ? [`Recorded and not made: ${missing.join(", ")} (${name}).`] : []),
      ];
      if (problems.length > 0) throw new EngineError("INVALID_REQUEST", problems.join("\n"));
    },
  };
}
