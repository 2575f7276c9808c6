import type { KyInstance } from "ky";
import { EngineError, type EngineErrorInfo } from "./engine/errors.ts";
import { withDeadline } from "./engine/scope.ts";

export interface HttpOptions {
  /** `http:` or `https:`, with a path prefix if the engine lives under one. */
  readonly baseUrl: string;
  /** Sent with every request; a function is asked each time, for tokens that are refreshed. */
  readonly headers?: HeadersSource | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Milliseconds for a whole call, its body included. */
  readonly timeout: number;
  /** Id of the engine, for errors. */
  readonly engine: string;
  /** Reads the engine's own error body; `undefined` where it is none. */
  readonly readError: (status: number, body: unknown) => EngineErrorInfo | undefined;
}

type HeadersRecord = Readonly<Record<string, string>>;
export type HeadersSource = HeadersRecord | (() => HeadersRecord | Promise<HeadersRecord>);

export interface HttpCall {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly timeout?: number | undefined;
}

/** A schema, or anything else that takes the parsed JSON and throws if it is not what it should be. */
export interface Decoder<T> {
  parse(value: unknown): T;
}

export interface HttpAnswer<T> {
  readonly value: T;
  readonly headers: Headers;
}

/** The one way to an HTTP engine: address, credentials, deadlines and errors. Knows no engine. */
export interface Http {
  readonly baseUrl: string;
  /** For answers that must be JSON of this shape. */
  json<T>(method: string, path: string, decoder: Decoder<T>, call?: HttpCall): Promise<HttpAnswer<T>>;
  /** For answers whose body does not matter, or may be missing: `undefined`, or the parsed JSON. */
  send(method: string, path: string, call?: HttpCall): Promise<unknown>;
  /** Opens an event stream. The signal closes it; the deadline is only for its beginning. */
  open(path: string, call: HttpCall & { readonly signal: AbortSignal }): Promise<Response>;
}

export function createHttp({ baseUrl, headers, fetch, timeout, engine, readError }: HttpOptions): Http {
  const address = parseBaseUrl(baseUrl);
  // Importing ky loads Node's HTTP stack (25 ms): not before there is something to ask.
  let loading: Promise<KyInstance> | undefined;
  const load = (): Promise<KyInstance> => {
    loading ??= import("ky").then(({ default: ky }) =>
      ky.create({
        prefix: address.url,
        timeout: false,
        throwHttpErrors: false,
        retry: { limit: 2, methods: ["get"], delay: (attempt) => 100 * 2 ** (attempt - 1) },
        ...(fetch === undefined ? {} : { fetch }),
      }),
    );
    return loading;
  };

  const ask = async (
    method: string,
    path: string,
    { query = {}, body }: HttpCall,
    signal: AbortSignal,
    accept = "application/json",
  ): Promise<Response> => {
    const ky = await load();
    const own = typeof headers === "function" ? await headers() : headers;
    const asked = Object.entries(query).filter(([, value]) => value !== undefined);
    return ky(path.replace(/^\//, ""), {
      method,
      signal,
      searchParams: asked.map(([key, value]) => [key, String(value)]),
      headers: { ...address.headers, accept, ...own },
      ...(body === undefined ? {} : { json: body }),
      // A stream is opened anew by those who know what was missed.
      ...(accept === EVENT_STREAM ? { retry: 0 } : {}),
    });
  };

  /** Everything that can go wrong on the way becomes an `EngineError` that names the call. */
  const call = async <T>(
    method: string,
    path: string,
    options: HttpCall,
    work: (signal: AbortSignal, where: string) => Promise<T>,
  ): Promise<T> => {
    const where = `${method} ${address.url}${path}`;
    const ms = options.timeout ?? timeout;
    const late = () => new EngineError("TIMEOUT", `${where} was not answered within ${ms} ms.`, { engine });
    try {
      return await withDeadline(ms, late, [options.signal], (signal) => work(signal, where));
    } catch (cause) {
      if (options.signal?.aborted || EngineError.is(cause)) throw cause;
      throw new EngineError(
        "ENGINE_UNAVAILABLE",
        `${where} failed: ${networkReason(cause)}. Is the engine running there?`,
        {
          engine,
          cause,
        },
      );
    }
  };

  /** The parsed body; `undefined` for an empty one. */
  const read = async (response: Response, where: string): Promise<unknown> => {
    const text = await response.text();
    if (response.ok && text === "") return undefined;
    const type = response.headers.get("content-type") ?? "no content type";
    const body = isJson(type) ? parseJson(text) : NOT_JSON;
    if (!response.ok) throw refusal(response, where, body === NOT_JSON ? undefined : body, text);
    if (body !== NOT_JSON) return body;
    const why = isJson(type)
      ? `answered with JSON that is broken or cut short (${text.length} characters)`
      : `answered ${type} instead of JSON: the engine does not know this route, or something else listens there`;
    throw new EngineError("INVALID_RESPONSE", `${where} ${why}.`, { engine, status: response.status });
  };

  const refusal = (response: Response, where: string, body: unknown, text: string): EngineError => {
    const { status } = response;
    const told = readError(status, body) ?? { code: codeOf(status), message: excerpt(text) };
    const retryAfterMs = told.retryAfterMs ?? retryAfter(response.headers);
    const hint = told.code === "AUTH_REQUIRED" ? " Check the password or the headers option." : "";
    const message = `${where} was refused with ${status}: ${told.message || response.statusText || "no reason given"}.${hint}`;
    return EngineError.from({ ...told, message, retryAfterMs }, { engine, status });
  };

  return {
    baseUrl: address.url,
    json: (method, path, decoder, options = {}) =>
      call(method, path, options, async (signal, where) => {
        const response = await ask(method, path, options, signal);
        const body = await read(response, where);
        if (body === undefined) {
          const message = `${where} answered ${response.status} without a body where JSON was due.`;
          throw new EngineError("INVALID_RESPONSE", message, { engine, status: response.status });
        }
        return { value: decode(decoder, body, where, engine), headers: response.headers };
      }),
    send: (method, path, options = {}) =>
      call(method, path, options, async (signal, where) =>
        read(await ask(method, path, options, signal), where),
      ),
    open: (path, options) =>
      call("GET", path, options, async (opening, where) => {
        // The stream outlives its opening: the deadline ends with the headers, the caller's signal does not.
        const signal = AbortSignal.any([options.signal, opening]);
        const response = await ask("GET", path, options, signal, EVENT_STREAM);
        const type = response.headers.get("content-type") ?? "no content type";
        if (response.ok && type.startsWith(EVENT_STREAM)) return response;
        if (!response.ok) await read(response, where);
        await response.body?.cancel();
        throw new EngineError(
          "INVALID_RESPONSE",
          `${where} answered ${type} instead of an event stream: something else listens there.`,
          { engine, status: response.status },
        );
      }),
  };
}

const EVENT_STREAM = "text/event-stream";
const NOT_JSON = Symbol("not JSON");

/** Takes credentials out of the address: fetch refuses them there, and errors quote the address. */
function parseBaseUrl(baseUrl: string): { readonly url: string; readonly headers: HeadersRecord } {
  const url = URL.parse(baseUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const shown = baseUrl.replace(/\/\/.*@/, "//***@");
    throw new EngineError(
      "CONFIG_INVALID",
      `baseUrl is ${JSON.stringify(shown)}; it must be an http: or https: address such as "http://127.0.0.1:4096".`,
    );
  }
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const headers = username === "" && password === "" ? {} : basicAuth(username, password);
  return { url: url.origin + url.pathname.replace(/\/+$/, ""), headers };
}

function basicAuth(username: string, password: string): HeadersRecord {
  const bytes = new TextEncoder().encode(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}

function decode<T>(decoder: Decoder<T>, body: unknown, where: string, engine: string): T {
  try {
    return decoder.parse(body);
  } catch (cause) {
    throw new EngineError(
      "INVALID_RESPONSE",
      `${where} answered with something unexpected: ${schemaReason(cause)}.`,
      {
        engine,
        cause,
      },
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
}

function isJson(contentType: string): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/i.test(contentType);
}

function codeOf(status: number): EngineErrorInfo["code"] {
  if (status === 401) return "AUTH_REQUIRED";
  if (status === 403) return "PERMISSION_DENIED";
  if (status === 408 || status === 504) return "TIMEOUT";
  if (status === 429) return "RATE_LIMITED";
  if (status === 502 || status === 503) return "ENGINE_UNAVAILABLE";
  return "INVALID_RESPONSE";
}

function retryAfter(headers: Headers): number | undefined {
  const told = headers.get("retry-after");
  if (told === null) return undefined;
  const ms = /^\d+$/.test(told) ? Number(told) * 1000 : Date.parse(told) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** The innermost reason: fetch wraps "connection refused" twice. */
function networkReason(error: unknown): string {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  if (!(reason instanceof Error)) return String(reason);
  return reason.message || ("code" in reason ? String(reason.code) : reason.name);
}

function schemaReason(error: unknown): string {
  if (typeof error === "object" && error !== null && "issues" in error && Array.isArray(error.issues)) {
    const [issue] = error.issues;
    return `${issue?.path?.join(".") || "the body"}: ${issue?.message ?? "invalid"}`;
  }
  return error instanceof Error ? error.message : String(error);
}

function excerpt(text: string): string {
  const plain = text
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}
