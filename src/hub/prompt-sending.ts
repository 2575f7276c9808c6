import type { PromptReceipt, PromptRequest } from "../engine/driver-requests.ts";
import { EngineError } from "../engine/errors.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { EventHub } from "./event-hub.ts";
import type { Fanout } from "./fanout.ts";
import { insist } from "./insist.ts";
import type { Link } from "./link.ts";
import { isAtRest, type SessionStore } from "./session-store.ts";
import { tellsOf } from "./turn-signs.ts";

export interface SendingContext {
  readonly engineId: string;
  readonly link: Link;
  readonly hub: EventHub;
  readonly store: SessionStore;
  readonly fanout: Fanout;
}

export type PreparedRequest = Omit<PromptRequest, "signal" | "newestMessageId" | "sendAs">;

/** A prompt that is on its way to the engine. */
export interface SentPrompt {
  /** What the turn is called, where that is known from the start. */
  readonly turnId: string | undefined;
  /** What it will most likely be called. */
  readonly expected: string | undefined;
  /** Resolves with what the turn is called, when the engine has taken the prompt. */
  readonly named: Promise<string>;
}

/**
 * Sends a prompt. Where it can't be known whether the engine has taken it, it is sent again under the same name, which
 * makes no second prompt of it. `readyTimeout`: milliseconds for the event stream to come back before that.
 */
export async function sendPrompt(
  context: SendingContext,
  request: PreparedRequest,
  scope: AbortSignal,
  readyTimeout: number | undefined,
): Promise<SentPrompt> {
  const { hub } = context;
  // What is asked on the way there (a connection, the newest message, the model) changes nothing in the engine.
  const first = await insist(scope, async (attempt) => {
    if (attempt > 0) await hub.ready(scope, readyTimeout);
    return send(context, request, undefined, scope);
  });
  const { turnId, sentAs } = first;
  // The engine may have told of it meanwhile, or in the gap that has just been closed. It is not sent again then: an
  // engine in the middle of a turn takes the same prompt for a word in between.
  const again = async () => {
    await hub.ready(scope, readyTimeout);
    if (turnId !== undefined && isTold(context, request, turnId)) return turnId;
    return nameIn(await send(context, request, sentAs, scope));
  };
  const name = async (attempt: number) => {
    try {
      return await (attempt === 0 ? nameIn(first) : again());
    } catch (error) {
      if (turnId !== undefined && isTold(context, request, turnId)) return turnId;
      throw error;
    }
  };
  const answered = sentAs === undefined ? name(0) : insist(scope, name);
  const isLate = turnId !== undefined && first.answersLate;
  const named = isLate ? toldOrAnswered(context, request, turnId, answered) : answered;
  // Who does not wait for it hears of it otherwise.
  named.catch(() => {});
  return { turnId, expected: turnId ?? sentAs, named };
}

/** Options of a prompt that an engine may lack. */
const OPTIONAL = [
  ["agent", "agents"],
  ["variant", "variants"],
  ["toolsOff", "promptTools"],
] as const;

async function send(
  { engineId: engine, link, store }: SendingContext,
  request: PreparedRequest,
  sendAs: string | undefined,
  scope: AbortSignal,
): Promise<PromptReceipt> {
  const { sessionId, toolsOff = [] } = request;
  const connection = await link.connection();
  scope.throwIfAborted();
  for (const [option, capability] of OPTIONAL) {
    // No tool that is off asks for nothing.
    if (!request[option]?.length || link.capabilities[capability]) continue;
    const what = option === "toolsOff" ? "tools" : option;
    const message = `This engine takes no ${what} with a prompt: it lacks the capability "${capability}".`;
    throw new EngineError("UNSUPPORTED", message, { engine, sessionId });
  }
  const state = store.get(sessionId);
  // What a turn may do is settled when it begins.
  const tools = isAtRest(state) ? { toolsOff } : { toolsOff: undefined };
  const newestMessageId = state?.newestMessageId;
  return connection.prompt({ ...request, ...tools, newestMessageId, sendAs, signal: scope });
}

async function nameIn(receipt: PromptReceipt): Promise<string> {
  if (receipt.turnId === undefined) return receipt.accepted;
  await receipt.accepted;
  return receipt.turnId;
}

/** Its answer was lost, but the engine tells of the prompt. */
function isTold({ store }: SendingContext, { sessionId }: PreparedRequest, turnId: string): boolean {
  return store.get(sessionId)?.messages.has(turnId) === true;
}

/** An engine whose answer comes when the turn is over has taken the prompt when it tells of it. */
async function toldOrAnswered(
  context: SendingContext,
  request: PreparedRequest,
  turnId: string,
  answered: Promise<string>,
): Promise<string> {
  const { promise: told, resolve } = Promise.withResolvers<string>();
  const next = (event: EngineEvent) => {
    if (tellsOf(event, turnId)) resolve(turnId);
  };
  const leave = context.fanout.add({ next }, request.sessionId);
  if (isTold(context, request, turnId)) resolve(turnId);
  try {
    return await Promise.race([told, answered]);
  } finally {
    leave();
  }
}
