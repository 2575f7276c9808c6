import { getEventListeners } from "node:events";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type ChannelOptions, createChannel } from "../../src/stream/channel.ts";

/** An item: its kind, and the numbers of the pushes that are in it. Neighbours of one mergeable kind become one. */
interface Item {
  readonly kind: "x" | "y" | "alone";
  readonly pushes: readonly number[];
}
const merge = (previous: Item, next: Item): Item | undefined =>
  previous.kind === next.kind && next.kind !== "alone"
    ? { kind: next.kind, pushes: [...previous.pushes, ...next.pushes] }
    : undefined;

type Outcome = { value: Item } | { error: string } | "done";

/** What a channel is, as plainly as it can be said: an array, and everything decided at once. */
class Model {
  readonly outcomes: (Outcome | undefined)[] = [];
  items: Item[] = [];
  waiting: number[] = [];
  error: string | undefined;
  open = true;
  told = 0;
  readonly options: { readonly limit: number; readonly merges: boolean };

  constructor(options: { readonly limit: number; readonly merges: boolean }) {
    this.options = options;
  }

  push(item: Item): boolean {
    if (!this.open) return false;
    const waiter = this.waiting.shift();
    if (waiter !== undefined) {
      this.outcomes[waiter] = { value: item };
      return true;
    }
    const last = this.items.at(-1);
    const merged = last && this.options.merges ? merge(last, item) : undefined;
    if (merged) this.items[this.items.length - 1] = merged;
    else if (this.items.length < this.options.limit) this.items.push(item);
    else {
      this.end("overflow");
      return false;
    }
    return true;
  }

  next(): void {
    const at = this.outcomes.push(undefined) - 1;
    const item = this.items.shift();
    if (item) this.outcomes[at] = { value: item };
    else if (this.open) this.waiting.push(at);
    else this.outcomes[at] = this.finish();
  }

  end(error?: string): void {
    if (!this.open) return;
    this.open = false;
    this.error = error;
    for (const waiter of this.waiting.splice(0)) this.outcomes[waiter] = this.finish();
  }

  leave(error?: string): void {
    const early = this.open || this.items.length > 0 || this.error !== undefined;
    if (early && this.told === 0) this.told++;
    this.items = [];
    if (!this.open) this.error = error;
    this.end(error);
  }

  /** Abort counts until the channel is over and drained. */
  abort(): void {
    if (this.open || this.items.length > 0) this.leave("aborted");
  }

  private finish(): Outcome {
    const { error } = this;
    this.error = undefined;
    return error === undefined ? "done" : { error };
  }
}

const kind = fc.constantFrom("x", "y", "alone");
const operation = fc.oneof(
  { weight: 12, arbitrary: kind },
  { weight: 8, arbitrary: fc.constant("next") },
  { weight: 4, arbitrary: fc.constant("turn") },
  { weight: 1, arbitrary: fc.constantFrom("close", "fail", "return", "abort") },
);

it("does what the model does: in order, nothing lost, nothing twice", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { maxLength: 60 }),
      fc.integer({ min: 1, max: 8 }),
      fc.boolean(),
      async (operations, limit, merges) => {
        const controller = new AbortController();
        const { signal } = controller;
        let told = 0;
        const options: ChannelOptions<Item> = {
          limit,
          signal,
          onOverflow: () => "overflow",
          onReturn: () => told++,
          ...(merges ? { merge } : {}),
        };
        const channel = createChannel(options);
        const model = new Model({ limit, merges });
        const calls: Promise<IteratorResult<Item, undefined>>[] = [];
        const accepted: number[] = [];
        let complete = true;

        for (const [number, each] of operations.entries()) {
          if (each === "turn") await Promise.resolve();
          else if (each === "next") {
            calls.push(channel.next());
            model.next();
          } else if (each === "close") {
            channel.close();
            model.end();
          } else if (each === "fail") {
            channel.fail("failed");
            model.end("failed");
          } else if (each === "return" || each === "abort") {
            if (each === "return") {
              void channel.return();
              model.leave();
            } else {
              // A second abort of the same signal is none.
              if (!signal.aborted) model.abort();
              controller.abort("aborted");
            }
            complete = false;
          } else {
            const item: Item = { kind: each, pushes: [number] };
            const took = channel.push(item);
            expect(took).toBe(model.push(item));
            if (took) accepted.push(number);
          }
          expect(channel.size).toBe(model.items.length);
          expect(channel.size).toBeLessThanOrEqual(limit);
          expect(told).toBe(model.told);
          const listening = (model.open || model.items.length > 0) && !signal.aborted;
          expect(getEventListeners(signal, "abort")).toHaveLength(listening ? 1 : 0);
        }

        // Now the consumer takes what is left.
        channel.close();
        model.end();
        for (let left = model.items.length + 2; left > 0; left--) {
          calls.push(channel.next());
          model.next();
        }
        const outcomes = (await Promise.allSettled(calls)).map((result): Outcome => {
          if (result.status === "rejected") return { error: String(result.reason) };
          return result.value.done ? "done" : { value: result.value.value };
        });
        expect(outcomes).toEqual(model.outcomes);
        expect(outcomes.at(-1)).toBe("done");

        // Without the model: all that was accepted arrived, or its beginning if the consumer left.
        const arrived = outcomes.flatMap((o) =>
          typeof o === "object" && "value" in o ? o.value.pushes : [],
        );
        expect(arrived).toEqual(complete ? accepted : accepted.slice(0, arrived.length));
      },
    ),
    { numRuns: 2000 },
  );
});
