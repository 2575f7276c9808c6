import type { DriverEventStream, DriverItem, DriverReport } from "../../engine/driver.ts";
import { EngineError } from "../../engine/errors.ts";
import { withDeadline } from "../../engine/scope.ts";
import { brokeOff, type Http } from "../../http.ts";
import { readSse, type SseFrame } from "../../stream/sse.ts";
import { type FrameContext, readFrame } from "./frames.ts";
import type { McpTools } from "./mcp-tools.ts";

export interface ListenOptions {
  readonly http: Http;
  readonly report: DriverReport;
  /** Milliseconds until the stream must have begun. */
  readonly connectTimeout: number;
}

/**
 * Listens to all directories of the server. Resolves with its first frame. That one comes before the server counts us
 * among its listeners: a busy one was seen to lose events for 140 ms after it. The second frame, whatever it is, is proof.
 */
export async function listen(
  { http, report, connectTimeout }: ListenOptions,
  sawSession: FrameContext["sawSession"],
  mcpTools: McpTools,
  signals: readonly AbortSignal[],
): Promise<DriverEventStream> {
  const signal = AbortSignal.any([...signals]);
  const response = await http.open("GET", "/global/event", { signal, timeout: connectTimeout });
  const { alive: onActivity, retryAfter: onRetry } = report;
  const frames = readSse(response, { signal, onActivity, onRetry });
  const where = `GET ${http.baseUrl}/global/event`;
  const late = () => {
    const message = `${where} opened an event stream and said nothing in ${connectTimeout} ms. Try again.`;
    return new EngineError("TIMEOUT", message, { engine: "opencode" });
  };
  try {
    const first = await withDeadline(connectTimeout, late, [signal], () => frames.next());
    if (first.done) {
      const message = `${where} ended before it said anything. Check that it is the engine that listens there.`;
      throw new EngineError("ENGINE_UNAVAILABLE", message, { engine: "opencode" });
    }
    const context = { report, sawSession };
    const told = async function* (frame: SseFrame): AsyncGenerator<DriverItem> {
      for (const item of readFrame(frame, context)) {
        const event = mcpTools.mark(item.event, signal);
        yield event === item.event ? item : { ...item, event: await event };
      }
    };
    return (async function* (): AsyncGenerator<DriverItem> {
      try {
        yield* told(first.value);
        const second = await frames.next();
        if (second.done) return;
        yield { event: { type: "listening" } };
        yield* told(second.value);
        for await (const frame of frames) yield* told(frame);
      } catch (cause) {
        signal.throwIfAborted();
        throw brokeOff(where, cause);
      } finally {
        await frames.return();
      }
    })();
  } catch (cause) {
    await frames.return();
    signal.throwIfAborted();
    throw brokeOff(where, cause);
  }
}
