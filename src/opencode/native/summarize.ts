import { EngineError } from "../../engine/errors.ts";
import type { Http } from "../../http.ts";
import { decodeMessage } from "./decode.ts";
import type { ModelRef, NativeModels } from "./models.ts";
import { messagesDecoder } from "./read-wire.ts";
import type { NativeSessions } from "./sessions.ts";

/** Milliseconds that a model may take over a summary. Node's fetch gives up on an answer after 300 s. */
const SUMMARY_MS = 290_000;
/** The summary is among the newest messages, even if prompts wait behind it. */
const NEWEST = 20;

/** Has the model summarize a session: its history is replaced by the summary from then on, and stays listed. */
export async function summarize(
  sessionId: string,
  http: Http,
  sessions: NativeSessions,
  models: NativeModels,
  signal: AbortSignal | undefined,
): Promise<string> {
  const path = sessions.path(sessionId);
  const { model, directory } = await sessions.get(sessionId, signal);
  const modelID = model?.id ?? model?.modelID;
  const asked: ModelRef | undefined =
    model && modelID
      ? { providerID: model.providerID, modelID }
      : await models.default(directory ?? undefined, signal);
  if (asked === undefined) {
    const message = "The engine has no model to summarize with; configure a provider.";
    throw new EngineError("INVALID_REQUEST", message, { engine: "opencode", sessionId });
  }
  const before = await sessions.newestMessageId(sessionId, signal);
  if (before === undefined) {
    const message = "The session has no messages yet: there is nothing to summarize.";
    throw new EngineError("INVALID_REQUEST", message, { engine: "opencode", sessionId });
  }
  // It answers when the summary is written, or has failed: true in both cases.
  const timeout = Math.max(http.timeout, SUMMARY_MS);
  await http.send("POST", `${path}/summarize`, { body: { ...asked, auto: false }, signal, timeout });
  const query = { limit: NEWEST };
  const { value } = await http.json("GET", `${path}/message`, messagesDecoder, { query, signal });
  const since = value.slice(value.findIndex(({ info }) => info.id === before) + 1);
  const summary = since.find(({ info }) => info.role === "assistant" && info.summary === true);
  const { error, completedAt, parts = [] } = summary === undefined ? {} : decodeMessage(summary);
  if (error !== undefined) throw EngineError.from(error, { engine: "opencode", sessionId });
  const text = parts.map(({ part }) => (part.type === "text" ? part.text : "")).join("");
  if (completedAt !== undefined && text !== "") return text;
  const message = "The engine says that it has summarized the session, but there is no summary. Try again.";
  throw new EngineError("UNKNOWN", message, { engine: "opencode", sessionId });
}
