import type { KyInstance } from "ky";
import { EngineError, reasonOf } from "./engine/errors.ts";
import { withDeadline } from "./engine/scope.ts";
import { type Decoder, decodeJson, EVENT_STREAM, eventStream, readJson } from "./http/answer.ts";
import { parseBaseUrl } from "./http/base-url.ts";
import { type HeadersRecord, type HeadersSource, joinHeaders, readHeaders } from "./http/headers.ts";
import { isMissingRoute } from "./http/missing-route.ts";
import { brokeOff, isRefused, networkError } from "./http/network-error.ts";
import { patientDispatcher } from "./http/patient-dispatcher.ts";
import type { Answer, ErrorReader } from "./http/refusal.ts";

export type { Decoder, HeadersRecord, HeadersSource };
export { brokeOff, isMissingRoute, isRefused };

export interface HttpOptions {
  /** `http:` or `https:`, with a path prefix if the engine lives under one. */
  readonly baseUrl: string;
  /** Sent with every request; a function is asked each time, for tokens that are refreshed. */
  readonly headers?: HeadersSource | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Milliseconds for a whole call, its retries and its body included. */
  readonly timeout: number;
  /** Id of the engine, for errors. */
  readonly engine: string;
  /** Reads the engine's own error body; `undefined` where it is none. */
  readonly readError: ErrorReader;
}

export interface HttpCall {
  /** What is `undefined` is left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Of this call, besides the client's own. */
  readonly headers?: HeadersRecord | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. Default: that of the options. */
  readonly timeout?: number | undefined;
}

export interface HttpAnswer<T> {
  readonly value: T;
  readonly headers: Headers;
}

/** The one way to an HTTP engine: address, credentials, deadlines and errors. Knows no engine. */
export interface Http {
  /** Without credentials. */
  readonly baseUrl: string;
  readonly timeout: number;
  /** For answers that must be JSON of this shape. */
  json<T>(method: string, path: string, decoder: Decoder<T>, call?: HttpCall): Promise<HttpAnswer<T>>;
  /** For answers whose body does not matter, or may be missing: `undefined`, or the parsed JSON. */
  send(method: string, path: string, call?: HttpCall): Promise<unknown>;
  /** Opens an event stream. Signal and deadline are for its beginning; from then on it is its reader's to cancel. */
  open(method: string, path: string, call?: HttpCall): Promise<Response>;
}

const RETRIES = 2;

interface AskOptions {
  readonly accept?: string;
  readonly dispatcher?: typeof patientDispatcher;
}

/** @throws EngineError `CONFIG_INVALID` when `baseUrl` is no http address */
export function createHttp(options: HttpOptions): Http {
  const { headers, fetch, timeout, engine, readError } = options;
  const base = parseBaseUrl(options.baseUrl);

  // Another fetch may be anybody's, and know other options.
  const streaming = { accept: EVENT_STREAM, ...(fetch === undefined && { dispatcher: patientDispatcher }) };

  // Importing ky loads Node's HTTP stack (25 ms): not before there is something to ask.
  const load = async (): Promise<KyInstance> => {
    const { default: ky } = await import("ky");
    return ky.create({
      prefix: base.url,
      // Its own would not cover the body.
      timeout: false,
      throwHttpErrors: false,
      // Credentials, and what people write, go to this address and to no other.
      redirect: "manual",
      retry: {
        delay: (attempt) => 100 * 2 ** (attempt - 1),
        // A connection that broke may have been an old one. That nothing listens is to be known at once.
        shouldRetry: ({ error }) => (isRefused(error) ? false : undefined),
      },
      ...(fetch === undefined ? {} : { fetch }),
    });
  };

  /** One call. Everything that can go wrong on its way becomes an `EngineError` that names it. */
  const ask = async <T>(
    method: string,
    path: string,
    call: HttpCall,
    read: (answer: Answer) => Promise<T>,
    { accept = "application/json", ...platform }: AskOptions = {},
  ): Promise<T> => {
    const where = `${method} ${base.url}/${path.replace(/^\/+|[?#].*$/gs, "")}`;
    const { query, body, headers: extra = {}, timeout: ms = timeout } = call;
    const late = () => {
      const advice = "Check that it is the engine that listens there, or allow it more time.";
      return new EngineError("TIMEOUT", `${where} was not answered within ${ms} ms. ${advice}`, { engine });
    };
    try {
      return await withDeadline(ms, late, [call.signal], async (signal) => {
        const own = { ...base.headers, ...(await readHeaders(headers, where)) };
        const ky = await load();
        const request = {
          method,
          signal,
          ...platform,
          headers: joinHeaders(own, extra, { accept }),
          ...(query && { searchParams: query }),
          ...(body === undefined ? {} : { json: body }),
          // Anything but a GET may have arrived although its answer did not.
          retry: { limit: method === "GET" ? RETRIES : 0 },
        };
        const response = await started(() => ky(path, request), where, engine);
        return read({ response, signal, where, engine, secrets: own, readError });
      });
    } catch (cause) {
      call.signal?.throwIfAborted();
      throw EngineError.is(cause) ? cause : networkError(cause, where, engine);
    }
  };

  return {
    baseUrl: base.url,
    timeout,
    json: (method, path, decoder, call = {}) =>
      ask(method, path, call, async (answer) => ({
        value: await decodeJson(answer, decoder),
        headers: answer.response.headers,
      })),
    send: (method, path, call = {}) => ask(method, path, call, readJson),
    open: (method, path, call = {}) => ask(method, path, call, eventStream, streaming),
  };
}

/** What fails before anything is sent is the request's own fault, not the network's. */
function started<T>(send: () => T, where: string, engine: string): T {
  try {
    return send();
  } catch (cause) {
    throw new EngineError("INVALID_REQUEST", `${where} can't be sent: ${reasonOf(cause)}`, { engine, cause });
  }
}
