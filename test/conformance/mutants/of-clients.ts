import { createEngineClient } from "../../../src/create-engine-client.ts";
import type { EngineEvent } from "../../../src/engine/events.ts";
import type { ManagedEngineClient } from "../../../src/engine/managed-engine-client.ts";
import type { PromptEvent } from "../../../src/engine/prompt-events.ts";
import { toSessionId } from "../../../src/engine/session.ts";
import { type Breaking, client, overlaid, prompts } from "./break.ts";

type PromptOptions = Parameters<ManagedEngineClient["session"]["prompt"]>[2];

/** Prompts whose options are others than the caller's. */
const prompting = (change: (options: NonNullable<PromptOptions>) => PromptOptions): Breaking =>
  client(({ session }) => ({
    session: overlaid(session, {
      prompt: (...[id, content, options = {}]: Parameters<typeof session.prompt>) =>
        session.prompt(id, content, change(options)),
    }),
  }));

/** Its first prompt, that is: nobody listens yet. */
export const sendsFirst: Breaking = (engine) => ({
  createDriver: () => engine,
  clientOf: (driver) => {
    const inner = createEngineClient(driver);
    const send = async (sessionId: string, content: string) => {
      const { signal } = new AbortController();
      const report = { alive: () => {}, beat: () => {}, retryAfter: () => {}, diagnostic: () => {} };
      const connection = await driver.connect({ signal, report });
      await connection.prompt({ sessionId, content, signal });
      await connection.close();
    };
    return overlaid(inner, {
      session: overlaid(inner.session, {
        prompt(...given: Parameters<typeof inner.session.prompt>) {
          const [session, content] = given;
          if (inner.events.status.state === "idle") void send(toSessionId(session), String(content));
          return inner.session.prompt(...given);
        },
      }),
    });
  },
});

export const lastEventTwice = prompts((call) => ({
  async *[Symbol.asyncIterator](): AsyncGenerator<PromptEvent> {
    for await (const event of call) {
      yield event;
      if (event.type === "message_done") yield event;
    }
  },
}));

export const everyPromptStopsTheOneBefore = prompting((options) => ({ ifRunning: "abort", ...options }));

export const neverRejectsBusy = prompting(({ ifRunning: _, ...options }) => options);

export const leavingStopsTheEngine = prompts((call) => ({
  async *[Symbol.asyncIterator](): AsyncGenerator<PromptEvent> {
    let isOver = false;
    try {
      for await (const event of call) {
        isOver = event.type === "message_done" || event.type === "error";
        yield event;
      }
    } finally {
      if (!isOver) await call.abort();
    }
  },
}));

export const ownWordsForTheReason = client(({ session }) => ({
  session: overlaid(session, {
    list: (...[options]: Parameters<typeof session.list>) =>
      session.list(options).catch((error: unknown) => {
        throw options?.signal?.aborted ? new Error("The call was aborted.") : error;
      }),
  }),
}));

export const buffersWithoutLimit = client(({ events }) => ({
  events: overlaid(events, {
    stream: ({ limit: _, ...options }: Parameters<typeof events.stream>[0] = {}) => events.stream(options),
  }),
}));

export const oneHandlerStopsTheOthers = client(({ events }) => {
  const handlers = new Set<(event: EngineEvent) => void>();
  const tell = (event: EngineEvent) => {
    for (const handler of handlers) handler(event);
  };
  return {
    events: overlaid(events, {
      subscribe(handler: (event: EngineEvent) => void) {
        const leave = handlers.size === 0 ? events.subscribe(tell) : () => {};
        handlers.add(handler);
        return () => {
          handlers.delete(handler);
          if (handlers.size === 0) leave();
        };
      },
    }),
  };
});

export const healthWithoutDeadline = client(({ session }) => ({
  health: async () => {
    await session.list();
    return { ok: true, latencyMs: 0 };
  },
}));

export const textNeverSettles = prompts((call) => ({
  text: async () => {
    const { error } = await call.settled();
    return error?.code === "ENGINE_UNAVAILABLE" ? new Promise<never>(() => {}) : call.text();
  },
}));

export const disposeWaitsForCalls = client((inner) => {
  const { session } = inner;
  const pending = new Set<Promise<unknown>>();
  return {
    session: overlaid(session, {
      list: (...given: Parameters<typeof session.list>) => {
        const listing = session.list(...given);
        pending.add(listing);
        return listing.finally(() => pending.delete(listing));
      },
    }),
    dispose: async () => {
      await Promise.allSettled(pending);
      await inner.dispose();
    },
  };
});
