import type { RequestError } from "@agentclientprotocol/sdk";
import { EngineError, type EngineErrorCode } from "../engine/errors.ts";
import { acpSdk, rpcCodes } from "./sdk.ts";

export interface AskedWhat {
  readonly engine: string;
  readonly sessionId?: string | undefined;
  /** It was a prompt: what fails then is mostly the agent's model. */
  readonly isPrompt?: boolean | undefined;
  /** How to log in. */
  readonly login?: string | undefined;
}

/** What an agent answered instead of a result. What is no such answer stays as it is. */
export function fromRpc(error: unknown, asked: AskedWhat): unknown {
  if (!(error instanceof acpSdk().RequestError)) return error;
  const code = codeOf(error, asked);
  const said = wordsOf(error);
  const message = code === "AUTH_REQUIRED" ? `${said} ${asked.login ?? ""}`.trim() : said;
  return new EngineError(code, message, { cause: error, engine: asked.engine, sessionId: asked.sessionId });
}

function codeOf(error: RequestError, { sessionId, isPrompt = false }: AskedWhat): EngineErrorCode {
  const { code, message } = error;
  if (code === rpcCodes.authRequired) return "AUTH_REQUIRED";
  if (code === rpcCodes.methodNotFound) return "UNSUPPORTED";
  if (sessionId !== undefined && (code === rpcCodes.notFound || /session.{0,80}not found/i.test(message)))
    return "SESSION_NOT_FOUND";
  if (code === rpcCodes.invalidParams) return "INVALID_REQUEST";
  if (!isPrompt) return "UNKNOWN";
  // The protocol has no codes for what goes wrong between an agent and its model: the words are all there is.
  const all = `${message} ${wordsOf(error)}`;
  if (/\b429\b|rate.?limit|too many requests|quota/i.test(all)) return "RATE_LIMITED";
  if (/context (length|window)|too many tokens|prompt is too long|maximum context/i.test(all))
    return "CONTEXT_OVERFLOW";
  if (/\b401\b|unauthorized|api key|not logged in|authentication/i.test(all)) return "AUTH_REQUIRED";
  return "PROVIDER_ERROR";
}

/** Agents put the cause behind the general words of the code, or into `data`. */
function wordsOf({ message, data }: RequestError): string {
  const said = message.replace(/^(internal error|invalid params|invalid request): (?=.)/i, "");
  const more = typeof data === "string" ? data : detailsIn(data);
  if (more === undefined || said.includes(more)) return said;
  return /^internal error\.?$/i.test(said) ? more : `${said}: ${more}`;
}

function detailsIn(data: unknown): string | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  for (const key of ["details", "message", "error"]) {
    const value: unknown = Reflect.get(data, key);
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}
