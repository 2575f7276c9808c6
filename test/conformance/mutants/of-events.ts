import type { DriverEvent } from "../../../src/engine/driver-events.ts";
import type { ToolCall } from "../../../src/engine/message.ts";
import { above, type Breaking, events, eventsAbove, withStreams } from "./break.ts";

const isIdle = (event: DriverEvent) => event.type === "session_status" && !event.running;

/** Tells the same as the engine, but for errors of turns. */
const errors = (change: (code: string) => string): Breaking =>
  events(() => (event) => {
    if (event.type !== "message_updated" || event.message.error === undefined) return [event];
    const { error } = event.message;
    return [{ ...event, message: { ...event.message, error: { ...error, code: change(error.code) } } }];
  });

export const statusFlaps = events(() => {
  let isAnswered = false;
  return (event) => {
    if (event.type === "message_updated") isAnswered = event.message.stopReason !== undefined;
    if (event.type !== "session_status" || event.running || !isAnswered) return [event];
    return [event, { ...event, resting: "idle" }, { ...event, resting: "completed" }];
  };
});

export const failedRestsAsCompleted = events(() => {
  let hasFailed = false;
  return (event) => {
    if (event.type === "message_updated") hasFailed = event.message.error?.code === "PROVIDER_ERROR";
    return event.type === "session_status" && !event.running && hasFailed
      ? [{ ...event, resting: "completed" }]
      : [event];
  };
});

export const textInOnePiece = events(() => {
  let whole: Extract<DriverEvent, { type: "part_delta" }> | undefined;
  return (event) => {
    if (event.type === "part_delta") {
      whole = { ...event, delta: (whole?.delta ?? "") + event.delta };
      return [];
    }
    const told = whole === undefined ? [event] : [whole, event];
    whole = undefined;
    return told;
  };
});

export const sessionsMix = events(() => {
  const running = new Set<string>();
  return (event) => {
    if (event.type === "session_status") {
      if (event.running) running.add(event.sessionId);
      else running.delete(event.sessionId);
    }
    if (event.type !== "part_updated" || event.part.type !== "text" || !event.complete) return [event];
    return [running.size < 2 ? event : { ...event, part: { ...event.part, text: "Of another session." } }];
  };
});

export const trustsEveryIdle = eventsAbove(() => {
  let open: string | undefined;
  return (event) => {
    if (event.type === "message_updated" && event.message.role === "assistant") {
      open = event.message.completedAt === undefined ? event.message.turnId : undefined;
    }
    if (event.type !== "session_status" || event.running || open === undefined) return [event];
    const { sessionId } = event;
    return [{ type: "turn_ended", sessionId, turnId: open, status: "completed" }, event];
  };
});

export const secondIdleEndsAgain = eventsAbove(() => {
  const turns = new Map<string, string>();
  const resting = new Set<string>();
  return (event) => {
    if (event.type === "message_updated" && event.message.turnId !== undefined)
      turns.set(event.message.sessionId, event.message.turnId);
    if (event.type !== "session_status") return [event];
    const { sessionId } = event;
    const turnId = turns.get(sessionId);
    const isSecond = isIdle(event) && resting.has(sessionId);
    if (event.running) resting.delete(sessionId);
    else resting.add(sessionId);
    if (!isSecond || turnId === undefined) return [event];
    const turn = { sessionId, turnId };
    return [{ type: "turn_started", ...turn }, { type: "turn_ended", ...turn, status: "completed" }, event];
  };
});

export const toolsEndLate = events(() => {
  const held: DriverEvent[] = [];
  const isOver = ({ status }: ToolCall) => status === "success";
  return (event) => {
    if (event.type === "part_updated" && event.part.type === "tool" && isOver(event.part.toolCall)) {
      held.push(event);
      return [];
    }
    const isLast = event.type === "message_updated" && event.message.completedAt !== undefined;
    return isLast ? [...held.splice(0), event] : [event];
  };
});

export const abortedLosesItsText = events(() => {
  const texts = new Set<Extract<DriverEvent, { type: "part_removed" }>>();
  return (event) => {
    if (event.type === "part_updated" && event.part.type === "text" && event.complete) {
      const { sessionId, messageId, part } = event;
      texts.add({ type: "part_removed", sessionId, messageId, partId: part.id });
    }
    if (event.type !== "message_updated" || event.message.error?.code !== "PROMPT_ABORTED") return [event];
    const { id } = event.message;
    return [...[...texts].filter(({ messageId }) => messageId === id), event];
  };
});

/** Where text is not told to its end, the end of the stream is taken for the end of the turn. */
const endsWithStream = (how: "error" | "end"): Breaking =>
  above((driver) =>
    withStreams(driver, async function* (stream) {
      let open: { readonly sessionId: string; readonly turnId: string } | undefined;
      let isSpeaking = false;
      const lost = () =>
        open && isSpeaking ? [{ event: { type: "turn_ended", ...open, status: "lost" } as const }] : [];
      try {
        for await (const item of stream) {
          const { event } = item;
          if (event.type === "message_updated" && event.message.turnId !== undefined)
            open = { sessionId: event.message.sessionId, turnId: event.message.turnId };
          if (event.type === "part_delta") isSpeaking = true;
          if (event.type === "part_updated" && event.complete) isSpeaking = false;
          yield item;
        }
      } catch (error) {
        if (how === "error") yield* lost();
        throw error;
      }
      if (how === "end") yield* lost();
    }),
  );

export const errorEndsTurns = endsWithStream("error");
export const cleanEndEndsTurns = endsWithStream("end");

export const unknownIsLeftOut = eventsAbove(() => (event) => (event.type === "unknown" ? [] : [event]));

/** Who made a session knows it by himself. */
export const othersSessionsAreNotTold = events(
  () => (event) => (event.type === "session_created" ? [] : [event]),
);

export const providerFailureIsUnknown = errors((code) => (code === "PROVIDER_ERROR" ? "UNKNOWN" : code));
