import type { RequestError } from "@agentclientprotocol/sdk";
import { EngineError, type EngineErrorCode } from "../engine/errors.ts";
import { acpSdk, rpcCodes } from "./sdk.ts";

export interface AskedWhat {
  readonly engine: string;
  readonly sessionId?: string | undefined;
  /** It was a prompt: what fails then is mostly the agent's model. */
  readonly isPrompt?: boolean | undefined;
  /** It was a login. */
  readonly isLogin?: boolean | undefined;
  /** How to log in, in sentences. */
  readonly login?: string | undefined;
}

/** What an agent answered instead of a result. What is no such answer stays as it is. */
export function fromRpc(error: unknown, asked: AskedWhat): unknown {
  if (!(error instanceof acpSdk().RequestError)) return error;
  const code = codeOf(error, asked);
  const said = wordsOf(error);
  const isOfLogin = code === "AUTH_REQUIRED" || asked.isLogin === true;
  const message = isOfLogin ? `${asSentence(said)} ${asked.login ?? ""}`.trim() : said;
  return new EngineError(code, message, { cause: error, engine: asked.engine, sessionId: asked.sessionId });
}

function codeOf(
  error: RequestError,
  { sessionId, isPrompt = false, isLogin = false }: AskedWhat,
): EngineErrorCode {
  const { code, message } = error;
  if (code === rpcCodes.authRequired) return "AUTH_REQUIRED";
  if (code === rpcCodes.methodNotFound) return "UNSUPPORTED";
  if (sessionId !== undefined && (code === rpcCodes.notFound || /session.{0,80}not found/i.test(message)))
    return "SESSION_NOT_FOUND";
  if (code === rpcCodes.invalidParams) return "INVALID_REQUEST";
  const words = `${message} ${wordsOf(error)}`;
  if (isPrompt) return codeOfFailure(words);
  return isLogin || AUTH_WORDS.test(words) ? "AUTH_REQUIRED" : "UNKNOWN";
}

const AUTH_WORDS = /\b401\b|unauthorized|api.?key|not logged in|authentication/i;

/** The protocol has no codes for what goes wrong between an agent and its model: the words are all there is. */
export function codeOfFailure(all: string): EngineErrorCode {
  if (/\b429\b|rate.?limit|too many requests|quota/i.test(all)) return "RATE_LIMITED";
  if (/context (length|window)|too many tokens|prompt is too long|maximum context/i.test(all))
    return "CONTEXT_OVERFLOW";
  if (AUTH_WORDS.test(all)) return "AUTH_REQUIRED";
  return "PROVIDER_ERROR";
}

/** Agents put the cause behind the general words of the code, or into `data`. */
function wordsOf({ message, data }: RequestError): string {
  const said = plainWords(message.replace(/^(internal error|invalid params|invalid request): (?=.)/i, ""));
  const more = typeof data === "string" ? data : detailsIn(data);
  if (more === undefined || said.includes(more)) return said;
  return /^internal error\.?$/i.test(said) ? more : `${said}: ${more}`;
}

/** The agent has answered that it does not have or do this. @throws every other error */
export function ignoreDenial(error: unknown): void {
  const codes = ["SESSION_NOT_FOUND", "INVALID_REQUEST", "UNKNOWN"] as const;
  if (!codes.some((code) => EngineError.is(error, code))) throw error;
}

/** Some agents pass on the whole JSON with which their provider has failed. */
export function plainWords(said: string): string {
  if (!said.startsWith("{")) return said;
  try {
    const told: unknown = JSON.parse(said);
    const inner = typeof told === "object" && told !== null ? Reflect.get(told, "error") : undefined;
    return detailsIn(inner) ?? detailsIn(told) ?? said;
  } catch {
    return said;
  }
}

function asSentence(said: string): string {
  return /[.!?]$/.test(said) ? said : `${said}.`;
}

function detailsIn(data: unknown): string | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  for (const key of ["details", "message", "error"]) {
    const value: unknown = Reflect.get(data, key);
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}
