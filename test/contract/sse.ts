import { openSource, type Source } from "../stream/sse-source.ts";

/** A frame as it stands on the wire. `id`: of the bus. */
export function frame<Event extends { readonly type: string }>(event: Event, id?: string): string {
  const lines = [
    ...(id === undefined ? [] : [`id: ${id}`]),
    `event: ${event.type}`,
    `data: ${JSON.stringify(event)}`,
  ];
  return `${lines.join("\n")}\n\n`;
}

/** An answer of these chunks, which then ends. */
export function sse(...chunks: readonly (string | Uint8Array)[]): Response {
  const source = openSource();
  for (const chunk of chunks) source.write(chunk);
  source.close();
  return respond(source);
}

/** A bus that the test plays by hand: one source for each time that it was opened. */
export function playedBus(): {
  readonly opened: readonly Source[];
  /** The source of the so-manieth opening, counted from 0, as soon as there is one. */
  at(index: number): Promise<Source>;
  respond(): Response;
} {
  const opened: Source[] = [];
  const waiting = new Map<number, PromiseWithResolvers<Source>>();
  const waiterOf = (index: number) => {
    const waiter = waiting.get(index) ?? Promise.withResolvers<Source>();
    waiting.set(index, waiter);
    return waiter;
  };
  return {
    opened,
    at: (index) => waiterOf(index).promise,
    respond() {
      const source = openSource();
      waiterOf(opened.length).resolve(source);
      opened.push(source);
      return respond(source);
    },
  };
}

function respond({ body }: Source): Response {
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** The bytes of a text, cut at these places. */
export function cutAt(text: string, places: readonly number[]): readonly Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...cuts, bytes.length].map((end, index) => bytes.subarray(cuts[index - 1] ?? 0, end));
}

/** Every byte a chunk of its own: cut inside characters, and inside line ends. */
export function bytesOf(text: string): readonly Uint8Array[] {
  return Array.from(new TextEncoder().encode(text), (byte) => Uint8Array.of(byte));
}

/** A `fetch` whose event streams break off when the test says so, as a network does it. */
export function cuttable(): { readonly fetch: typeof fetch; cut(): void } {
  let knife = new AbortController();
  return {
    async fetch(input, init) {
      const response = await fetch(input, init);
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      if (pathname !== "/v1/events" || response.body === null) return response;
      const { signal } = knife;
      return new Response(response.body.pipeThrough(new TransformStream(), { signal }), response);
    },
    cut() {
      knife.abort(new TypeError("terminated"));
      knife = new AbortController();
    },
  };
}
