import { EngineError, type EngineErrorCode, type EngineErrorInfo } from "../../engine/errors.ts";
import { keyAdvice } from "../provider-keys.ts";
import { providerWords } from "./provider-words.ts";
import type { WireError } from "./schema/message.ts";

/** An error on a message or in a `session.error` event. `asked`: the provider whose model was. */
export function decodeError({ name, data }: WireError, asked?: string): EngineErrorInfo {
  const { message: said, isFromStream } = providerWords(data?.message || name);
  const provider = asked ?? data?.providerID ?? undefined;
  const who = provider === undefined ? "The provider" : `The provider "${provider}"`;
  const status = data?.statusCode ?? undefined;
  if (name === "MessageAbortedError") return { code: "PROMPT_ABORTED", message: "This turn was aborted." };
  if (name === "ContextOverflowError") {
    return { code: "CONTEXT_OVERFLOW", message: `The conversation no longer fits the model: ${said}` };
  }
  // Google and xAI answer a wrong key with 400.
  const wrongKey =
    status === 400 && /\b(?:incorrect|invalid) api key|api key (?:is )?(?:not valid|invalid)/i.test(said);
  if (name === "ProviderAuthError" || status === 401 || status === 403 || wrongKey) {
    const message = `${who} refused its credentials: ${sentence(said)} ${keyAdviceFor(provider)}`;
    return { code: "AUTH_REQUIRED", message };
  }
  // Some providers look for their credentials only when they are asked.
  if (/\b(?:API key|setting|credentials?)\b.*\bmissing\b/i.test(firstLine(said))) {
    const message = `${who} lacks its credentials: ${sentence(firstLine(said))} ${keyAdviceFor(provider)}`;
    return { code: "AUTH_REQUIRED", message };
  }
  if (status === 429) {
    const message = `${who} is limiting requests: ${said}`;
    return { code: "RATE_LIMITED", message, retryAfterMs: retryAfterOf(data?.responseHeaders) };
  }
  if (name === "APIError" || isFromStream) {
    const message = `${who} failed: ${said}`;
    // The engine has tried it again itself, and given up for now.
    return { code: "PROVIDER_ERROR", message, ...(data?.isRetryable ? { retryable: true } : {}) };
  }
  if (name === "ContentFilterError")
    return { code: "PROVIDER_ERROR", message: `${who} withheld the answer: ${said}` };
  // It looks at images after it has said that it takes the prompt.
  if (/^Image\w*Error: /.test(said)) {
    const message = `The engine can't take an image of this prompt (${firstLine(said)}). It can decode PNG, JPEG, GIF, WebP and BMP.`;
    return { code: "INVALID_REQUEST", message };
  }
  const unknown = /^(?:ProviderModelNotFoundError: )?Model not found:? *([^\s/]*)/.exec(said);
  if (unknown !== null) {
    // A provider without a key does not exist for the engine, and neither do its models.
    const advice = keyAdvice(unknown[1] ?? "");
    const message = firstLine(said);
    return {
      code: "INVALID_REQUEST",
      message: advice === undefined ? message : `${sentence(message)} If its key is missing: ${advice}`,
    };
  }
  return { code: "UNKNOWN", message: firstLine(said) };
}

// A map: a plain object has names that nobody wrote ("toString").
const CODE_OF_BODY: ReadonlyMap<string, EngineErrorCode> = new Map([
  ["NotFoundError", "SESSION_NOT_FOUND"],
  ["SessionNotFoundError", "SESSION_NOT_FOUND"],
  ["PermissionNotFoundError", "PERMISSION_NOT_FOUND"],
  ["QuestionNotFoundError", "QUESTION_NOT_FOUND"],
  ["SessionBusyError", "SESSION_RUNNING"],
  ["BadRequest", "INVALID_REQUEST"],
  ["ConfigJsonError", "CONFIG_INVALID"],
  ["ConfigInvalidError", "CONFIG_INVALID"],
  ["UnauthorizedError", "AUTH_REQUIRED"],
  ["UnknownError", "UNKNOWN"],
]);

/** The body of an answer that is no 2xx: `{ name, data: { message } }`, or `{ _tag, message }`. */
export function decodeErrorBody(_status: number, body: unknown): EngineErrorInfo | undefined {
  if (!isRecord(body)) return undefined;
  const name = typeof body.name === "string" ? body.name : body._tag;
  if (typeof name !== "string") return undefined;
  const data = isRecord(body.data) ? body.data : body;
  const path = typeof data.path === "string" ? `${data.path}: ` : "";
  const message = typeof data.message === "string" ? data.message : (issuesOf(data.issues) ?? name);
  return { code: CODE_OF_BODY.get(name) ?? "UNKNOWN", message: path + message };
}

/** What is wrong with a configuration, without the values: they may be keys. */
function issuesOf(issues: unknown): string | undefined {
  if (!Array.isArray(issues) || issues.length === 0) return undefined;
  const texts = issues.filter(isRecord).map(({ path, message }) => {
    const key = Array.isArray(path) && path.length > 0 ? `${path.join(".")}: ` : "";
    return key + String(message).replace(/, got .*$/s, "");
  });
  return texts.join("; ");
}

/** Older releases do not know every route: they answer with a web page, or with an error of their proxy. */
export function lacksRoute(error: unknown): boolean {
  return EngineError.is(error) && (error.code === "INVALID_RESPONSE" || error.status === 500);
}

function retryAfterOf(headers: Readonly<Record<string, unknown>> | null | undefined): number | undefined {
  const seconds = numberOf(headers?.["retry-after"]);
  return numberOf(headers?.["retry-after-ms"]) ?? (seconds === undefined ? undefined : seconds * 1000);
}

// `Number` makes 0 of what is empty, and of a date nothing.
function numberOf(header: unknown): number | undefined {
  const number = typeof header === "string" && header !== "" ? Number(header) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

function keyAdviceFor(provider: string | undefined): string {
  const advice = provider === undefined ? undefined : keyAdvice(provider);
  return advice ?? "Check its API key in the engine's configuration.";
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

// Some carry the stack of the server behind the sentence.
function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
