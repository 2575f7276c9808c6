import type { DriverReport } from "../engine/driver.ts";
import type { DriverEvent, DriverMessage } from "../engine/driver-events.ts";
import type { PromptReceipt, PromptRequest } from "../engine/driver-requests.ts";
import type { DriverContent } from "../engine/message.ts";
import { delay, withDeadline } from "../engine/scope.ts";
import type { Http } from "../http.ts";
import { readSse } from "../stream/sse.ts";
import type { V1Calls } from "./calls.ts";
import { decodeMessage } from "./decode.ts";
import type { Feed } from "./feed.ts";
import { contentBody, mintMessageId, type TurnPost, turnPost, userMessage } from "./prompt-body.ts";
import { readTurnFrame } from "./read-frame.ts";
import { acceptedSchema } from "./schema/answer.ts";
import { messageSchema } from "./schema/message.ts";
import type { PromptBody } from "./schema/request.ts";
import type { V1TurnEvent } from "./schema/turn-event.ts";
import { isTurnEnd, TurnDecoder, type TurnEnd } from "./turn-decoder.ts";

export interface PromptsOptions {
  readonly http: Http;
  readonly report: DriverReport;
  readonly calls: V1Calls;
  readonly feed: Feed;
  /** Prompts are only acknowledged, and the bus alone tells their turns. */
  readonly asyncPrompts: boolean;
  /** Aborts with the connection. */
  readonly life: AbortSignal;
}

/** Milliseconds that the bus has to say what the answer to the prompt said before it: that the turn is over. */
const BUS_LAG_MS = 2_000;
/** Milliseconds that the answer to a prompt has for its first event, which names the turn. */
const NAME_MS = 10_000;
/** How long to wait before a turn whose stream broke off is asked for again, in milliseconds. */
const ASK_AGAIN_AFTER_MS = [250, 1_000, 4_000];

type TurnEvents = AsyncGenerator<V1TurnEvent, undefined, undefined>;

/** A prompt that the server has taken. */
interface Turn {
  readonly sessionId: string;
  readonly turnId: string;
  /** What its stream tells, after the first event. */
  readonly events: TurnEvents;
  readonly first: ReturnType<TurnEvents["next"]>;
  /** Asks for the turn again: a `messageId` that was sent before is no second prompt. */
  reopen(): Promise<Response>;
}

/** Sends prompts, and follows their answers as far as the bus does not tell the same. */
export class V1Prompts {
  readonly #options: PromptsOptions;

  constructor(options: PromptsOptions) {
    this.#options = options;
  }

  send(request: PromptRequest): PromptReceipt {
    const { calls, feed, asyncPrompts } = this.#options;
    const { sessionId, signal } = request;
    const asked = request.sendAs ?? request.messageId ?? mintMessageId();
    const post = turnPost(request, asked);
    if (asyncPrompts && feed.hasBus) {
      const call = { body: { ...post.body, async: true }, signal };
      const accepted = calls.read(post.route, sessionId, acceptedSchema, call);
      return { sentAs: asked, accepted: accepted.then(({ messageId }) => messageId) };
    }
    return { sentAs: asked, accepted: this.#open(request, asked, post) };
  }

  /** Resolves with the name that the server gives the turn, and follows its stream. */
  async #open(request: PromptRequest, asked: string, { route, path, body }: TurnPost): Promise<string> {
    const { http, calls, feed, life } = this.#options;
    const { sessionId, signal } = request;
    const rests = feed.rests(sessionId);
    const events = this.#events(await calls.required(route, () => http.open("POST", path, { body, signal })));
    const first = events.next();
    // The connection may have been closed meanwhile: then nobody waits for it any more.
    first.catch(() => {});
    const turnId = await nameIn(first, asked, life);
    if (!feed.hasBus) {
      feed.tell([{ type: "message_updated", message: userMessage(request, turnId, Date.now()) }]);
    }
    const reopen = () => http.open("POST", path, { body, signal: life });
    const turn = { sessionId, turnId, first, events, reopen };
    // It ends with the connection at the latest, and has told all that it knows by then.
    (feed.hasBus ? this.#awaitEnd(turn, rests) : this.#follow(turn)).catch(() => {});
    return turnId;
  }

  /** Stores a message; the model does not run. */
  async store(
    sessionId: string,
    content: DriverContent,
    signal: AbortSignal | undefined,
  ): Promise<DriverMessage> {
    const body: PromptBody = { ...contentBody(content), noReply: true };
    return decodeMessage(
      await this.#options.calls.read("prompt", sessionId, messageSchema, { body, signal }),
    );
  }

  /** The bus tells the turn. Of the answer only its end counts, and only if the bus does not tell that. */
  async #awaitEnd(turn: Turn, rests: Promise<void>): Promise<void> {
    const { feed, life } = this.#options;
    const end = await readToEnd(turn.first, turn.events, () => {});
    if (end === undefined) return;
    const late = new Error("The bus has not said that the turn is over.");
    await withDeadline(
      BUS_LAG_MS,
      () => late,
      [life],
      () => rests,
    ).catch((error: unknown) => {
      if (error === late) feed.tell(new TurnDecoder(turn.sessionId, turn.turnId).take(end, Date.now()));
    });
  }

  /** Nothing else tells the turn. An answer that breaks off is asked for again. */
  async #follow(turn: Turn): Promise<void> {
    const { feed, life } = this.#options;
    const decoder = new TurnDecoder(turn.sessionId, turn.turnId);
    const tell = (event: V1TurnEvent) => feed.tell(decoder.take(event, Date.now()));
    if (await readToEnd(turn.first, turn.events, tell)) return;
    for (const wait of ASK_AGAIN_AFTER_MS) {
      await delay(wait, life);
      const response = await turn.reopen().catch(() => undefined);
      if (response === undefined) continue;
      const again = this.#events(response);
      if (await readToEnd(again.next(), again, tell)) return;
    }
    life.throwIfAborted();
    feed.tell(await this.#recordsOf(turn));
  }

  /** The events of a turn's stream. One that breaks off just ends. */
  async *#events(response: Response): TurnEvents {
    const { report, life } = this.#options;
    try {
      for await (const frame of readSse(response, { signal: life })) {
        const event = readTurnFrame(frame, report);
        if (event !== undefined) yield event;
      }
    } catch {
      life.throwIfAborted();
    }
    return undefined;
  }

  /** What the server has on record of a turn that can no longer be followed. */
  async #recordsOf({ sessionId, turnId }: Turn): Promise<readonly DriverEvent[]> {
    const { calls, life } = this.#options;
    const read = { sessionIds: [sessionId], withMessages: [sessionId], signal: life };
    const [snapshot] = await calls.snapshot(read).catch(() => []);
    const messages = snapshot?.messages?.filter((message) => message.turnId === turnId) ?? [];
    const message =
      "The answer to the prompt broke off, also when it was asked for again, and the server has no event stream. Read the session's messages, or send the prompt again.";
    return [
      ...messages.map((told): DriverEvent => ({ type: "message_updated", message: told })),
      ...(snapshot === undefined || snapshot.running
        ? []
        : [{ type: "session_status", sessionId, running: false, resting: snapshot.resting } as const]),
      // Without effect if the records say how it ended.
      { type: "turn_ended", sessionId, turnId, status: "lost", error: { code: "TURN_LOST", message } },
    ];
  }
}

/** How the server calls the turn: as it was asked to, unless its first event says otherwise. */
async function nameIn(first: Turn["first"], asked: string, life: AbortSignal): Promise<string> {
  const late = new Error("The answer to the prompt has begun and says nothing.");
  try {
    const { value } = await withDeadline(
      NAME_MS,
      () => late,
      [life],
      () => first,
    );
    return value?.type === "turn_started" ? value.messageId : asked;
  } catch (error) {
    if (error !== late) throw error;
    return asked;
  }
}

/** Hands out the events of a turn. Resolves with the last of them; `undefined` if the stream ended before it. */
async function readToEnd(
  first: Turn["first"],
  events: TurnEvents,
  onEvent: (event: V1TurnEvent) => void,
): Promise<TurnEnd | undefined> {
  for (let next = await first; !next.done; next = await events.next()) {
    onEvent(next.value);
    if (!isTurnEnd(next.value)) continue;
    await events.return(undefined);
    return next.value;
  }
  return undefined;
}
