import type { WireEntry } from "../../../src/testing/record/schema.ts";
import { openSource, type Source } from "../../stream/sse-source.ts";

interface Exchange {
  readonly key: string;
  /** Its place in the transcript. */
  readonly at: number;
  /** What of it was said, each with its place. */
  readonly said: readonly (readonly [at: number, entry: WireEntry])[];
}

/**
 * A server that says what stands in a transcript, to a client of whatever version: it looks at nothing but method and
 * path, for a later client may ask with more, and in another order. Frames that came after a request come once that
 * request, or a later one, was made.
 */
export class FrozenServer {
  readonly #exchanges: readonly Exchange[];
  readonly #asked = new Map<string, number>();
  readonly #open: { readonly source: Source; rest: readonly (readonly [number, WireEntry])[] }[] = [];
  #progress = 0;

  constructor(entries: readonly WireEntry[]) {
    const placed = entries.map((entry, at) => [at, entry] as const);
    this.#exchanges = placed.flatMap(([at, entry]) =>
      entry.type === "request"
        ? {
            key: `${entry.method} ${entry.path}`,
            at,
            said: placed.filter(([, { type, id }]) => id === entry.id && type !== "request"),
          }
        : [],
    );
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const key = `${request.method} ${new URL(request.url).pathname}`;
    const alike = this.#exchanges.filter((exchange) => exchange.key === key);
    const count = this.#asked.get(key) ?? 0;
    this.#asked.set(key, count + 1);
    // Who asks more often gets the last answer again.
    const exchange = alike[Math.min(count, alike.length - 1)];
    if (exchange === undefined) return new Response("404 page not found", { status: 404 });
    this.#progress = Math.max(this.#progress, exchange.at);
    const response = this.#answer(exchange);
    this.#goOn();
    return response;
  };

  #answer({ said }: Exchange): Response {
    const head = said.find(([, { type }]) => type === "answer")?.[1];
    if (head?.type !== "answer") throw new TypeError("fetch failed");
    if (!said.some(([, { type }]) => type === "frame")) {
      const body = said.find(([, { type }]) => type === "body")?.[1];
      if (body?.type !== "body") return new Response(null, head);
      return new Response(body.json === undefined ? body.text : JSON.stringify(body.json), head);
    }
    const source = openSource();
    this.#open.push({ source, rest: said });
    return new Response(source.body, head);
  }

  /** Says of every stream what came before the next request. */
  #goOn(): void {
    const next = this.#exchanges.find(({ at }) => at > this.#progress)?.at ?? Number.POSITIVE_INFINITY;
    for (const stream of this.#open) {
      const due = stream.rest.filter(([at]) => at < next);
      stream.rest = stream.rest.filter(([at]) => at >= next);
      for (const [, entry] of due) {
        if (entry.type === "frame") stream.source.write(entry.text);
        if (entry.type === "end") stream.source.close();
      }
    }
  }
}
