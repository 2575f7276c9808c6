import type { DriverEventStream, DriverItem } from "../../engine/driver.ts";
import { letGo } from "../../engine/let-go.ts";

export interface MingleOptions {
  /** What an item of the stream becomes. */
  hear(item: DriverItem): readonly DriverItem[];
  /** What there is besides, asked for again and again. Must not throw. */
  look(): readonly DriverItem[];
  /** Milliseconds between two looks. */
  readonly every: number;
  /** Closes the stream, whatever it is waiting for. */
  leave(): void;
}

/** A stream, and between its items what comes from elsewhere. Ends with the stream. */
export function mingle(stream: DriverEventStream, options: MingleOptions): DriverEventStream {
  const { resumed, heartbeatMs } = stream;
  return Object.assign(items(stream, options), { resumed, heartbeatMs });
}

async function* items(stream: DriverEventStream, options: MingleOptions): AsyncGenerator<DriverItem> {
  const { hear, look, every, leave } = options;
  const waiting: DriverItem[] = [];
  let wake = () => {};
  let end: { readonly error?: unknown } | undefined;
  const push = (news: readonly DriverItem[]) => {
    if (news.length === 0) return;
    waiting.push(...news);
    wake();
  };
  const listen = async () => {
    try {
      for await (const item of stream) push(hear(item));
      end = {};
    } catch (error) {
      end = { error };
    }
    wake();
  };
  const timer = setInterval(() => push(look()), every);
  letGo(timer);
  const listening = listen();
  try {
    for (;;) {
      for (const item of waiting.splice(0)) yield item;
      if (waiting.length > 0) continue;
      if (end !== undefined && "error" in end) throw end.error;
      if (end !== undefined) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    clearInterval(timer);
    leave();
    await listening;
  }
}
