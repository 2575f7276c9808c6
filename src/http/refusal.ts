import { EngineError, type EngineErrorInfo } from "../engine/errors.ts";
import { discard, isJson, parsed, readText } from "./body.ts";
import { type HeadersRecord, withoutSecrets } from "./headers.ts";
import { missingRoute } from "./missing-route.ts";

/** Reads an engine's own error body (`undefined`: no JSON); `undefined` where it says no more than the status does. */
export type ErrorReader = (status: number, body: unknown) => EngineErrorInfo | undefined;

/** A response whose body is still to be read. */
export interface Answer {
  readonly response: Response;
  /** Ends the reading. */
  readonly signal: AbortSignal;
  /** Method and address, for messages. */
  readonly where: string;
  readonly engine: string;
  /** What was sent of the client's own headers: it is never shown. */
  readonly secrets: HeadersRecord;
  readonly readError: ErrorReader;
}

/** As much of a refusal as anybody reads, in UTF-16 units. */
const REASON_LIMIT = 65_536;

/** Why an answer is no 2xx. */
export async function refusal(answer: Answer): Promise<EngineError> {
  const { response, signal, where, engine, secrets, readError } = answer;
  const { status } = response;
  // A browser does not say where a redirect leads, nor with which status.
  if (response.type === "opaqueredirect" || (status < 400 && response.headers.has("location"))) {
    return redirected(answer);
  }
  const text = await readText(response, signal, REASON_LIMIT);
  const told = readError(status, isJson(response) ? parsed(text) : undefined);
  const { code, message } = told ?? { code: codeOf(status), message: excerpt(text) };
  const reason = withoutSecrets(message, secrets).trim() || response.statusText || "no reason given";
  const sentence = `${where} was refused with ${status}: ${reason.replace(/\.$/, "")}`;
  const end = /[!?…]$/.test(sentence) ? "" : ".";
  const advice = ADVICE.get(code) ?? "";
  return new EngineError(code, `${sentence}${end} ${advice}`.trimEnd(), {
    engine,
    status,
    sessionId: told?.sessionId,
    // What the engine did not say itself comes from something before it, and may pass.
    retryable: told?.retryable ?? (told === undefined && status >= 500 ? true : undefined),
    retryAfterMs: told?.retryAfterMs ?? retryAfter(response.headers),
    cause: told === undefined ? missingRoute(status) : undefined,
  });
}

function redirected({ response, where, engine }: Answer): EngineError {
  discard(response);
  const [target = ""] = response.headers.get("location")?.split(/[?#]/) ?? [];
  const to = target === "" ? "" : ` to ${target.replace(/\/\/.*@/, "//")}`;
  const advice =
    "Redirects are not followed, so that credentials stay where baseUrl says; set it to the final address.";
  const options = { engine, status: response.status };
  return new EngineError("INVALID_RESPONSE", `${where} was redirected${to}. ${advice}`, options);
}

const ADVICE: ReadonlyMap<string, string> = new Map([
  ["AUTH_REQUIRED", "Check the password in baseUrl, or the headers option."],
  ["ENGINE_UNAVAILABLE", "Try again when the engine is up."],
  ["INVALID_RESPONSE", "Check that the engine listens there; if so, its log says more."],
  ["RATE_LIMITED", "Try again later."],
  ["TIMEOUT", "Try again later."],
]);

function codeOf(status: number): EngineErrorInfo["code"] {
  // Not PERMISSION_DENIED: that is about what a tool may do.
  if (status === 401 || status === 403) return "AUTH_REQUIRED";
  if (status === 400 || status === 413 || status === 415 || status === 422) return "INVALID_REQUEST";
  if (status === 408 || status === 504) return "TIMEOUT";
  if (status === 429) return "RATE_LIMITED";
  if (status === 502 || status === 503) return "ENGINE_UNAVAILABLE";
  return "INVALID_RESPONSE";
}

/** In milliseconds. */
function retryAfter(headers: Headers): number | undefined {
  const told = headers.get("retry-after");
  if (told === null) return undefined;
  const ms = /^\d+$/.test(told) ? Number(told) * 1000 : Date.parse(told) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** What a page that is meant for people says: its title, or else its first words. */
function excerpt(page: string): string {
  const beginning = page.slice(0, 4096);
  const title = /<title[^>]*>([^<]+)/i.exec(beginning)?.[1];
  const words = (title ?? beginning.replace(/<[^>]*>/g, " ")).replace(/\s+/g, " ").trim();
  return words.length > 200 ? `${words.slice(0, 200)}…` : words;
}
