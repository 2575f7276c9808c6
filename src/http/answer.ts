import { EngineError, reasonOf } from "../engine/errors.ts";
import { discard, isJson, mediaType, parsed, readText } from "./body.ts";
import { MissingRoute } from "./missing-route.ts";
import { type Answer, refusal } from "./refusal.ts";

/** A schema, or anything else that takes the parsed JSON and throws if it is not what it should be. */
export interface Decoder<T> {
  parse(value: unknown): T;
}

export const EVENT_STREAM = "text/event-stream";

/** The JSON of an answer; `undefined` for an empty one. */
export async function readJson(answer: Answer): Promise<unknown> {
  const { response, signal } = answer;
  if (!response.ok) throw await refusal(answer);
  const json = isJson(response);
  // Of what is no JSON, the first bytes tell whether there is anything at all.
  const text = await readText(response, signal, json ? Number.POSITIVE_INFINITY : 1);
  if (text === "") return undefined;
  if (!json) throw unexpected(answer, `answered ${kind(response)} instead of JSON`, page(response));
  const value = parsed(text);
  if (value === undefined) {
    throw unexpected(answer, `answered with JSON that is broken or cut short (${text.length} characters)`);
  }
  return value;
}

/** The JSON of an answer that must have this shape. */
export async function decodeJson<T>(answer: Answer, decoder: Decoder<T>): Promise<T> {
  const value = await readJson(answer);
  if (value === undefined) {
    throw unexpected(answer, `answered ${answer.response.status} without a body where JSON was due`);
  }
  try {
    return decoder.parse(value);
  } catch (cause) {
    throw unexpected(answer, `answered with JSON of another shape (${schemaReason(cause)})`, cause);
  }
}

/** The response itself, if it is an event stream and still wanted. */
export async function eventStream(answer: Answer): Promise<Response> {
  const { response, signal } = answer;
  if (!response.ok) throw await refusal(answer);
  if (mediaType(response) === EVENT_STREAM && !signal.aborted) return response;
  discard(response);
  signal.throwIfAborted();
  throw unexpected(answer, `answered ${kind(response)} instead of an event stream`, page(response));
}

function unexpected({ where, engine, response }: Answer, what: string, cause?: unknown): EngineError {
  const advice = "Check that the engine listens there, and that its release is a supported one.";
  const options = { engine, status: response.status, cause };
  return new EngineError("INVALID_RESPONSE", `${where} ${what}. ${advice}`, options);
}

/** Servers that also serve a web page answer with it wherever they have nothing else. */
function page(response: Response): MissingRoute | undefined {
  return isJson(response) ? undefined : new MissingRoute(`It is ${kind(response)}.`);
}

function kind(response: Response): string {
  return mediaType(response) || "something without a content type";
}

/** What is wrong first, by a schema's own account. */
function schemaReason(error: unknown): string {
  if (typeof error === "object" && error !== null && "issues" in error && Array.isArray(error.issues)) {
    const [issue] = error.issues;
    return `${issue?.path?.join(".") || "the whole"}: ${issue?.message ?? "invalid"}`;
  }
  return reasonOf(error);
}
