import { reasonOf } from "../../engine/errors.ts";
import { toContent } from "./content.ts";
import type { BodyListener } from "./pass-on.ts";
import { Redactor, type WireRedaction } from "./redactor.ts";
import type { WireContent, WireEntry } from "./schema.ts";
import { REMOVED } from "./secret-texts.ts";

/** Headers that are about the connection, or about the very bytes: none of them holds for a replay. */
const PASSING: ReadonlySet<string> = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "date",
  "keep-alive",
  "transfer-encoding",
  "vary",
]);

/** What happens on the wire, in its order. It knows the secrets until it is read. */
export class Tape {
  readonly #entries: WireEntry[] = [];
  readonly #redactor: Redactor;
  readonly #start = performance.now();
  #requests = 0;

  constructor(redaction: WireRedaction | undefined) {
    this.#redactor = new Redactor(redaction);
    this.#redactor.learnVariables(process.env);
  }

  /** The id of the request. */
  request(request: Request, body: Uint8Array | undefined): number {
    const { method, url, headers } = request;
    const { pathname, searchParams } = new URL(url);
    this.#requests += 1;
    this.#redactor.learnHeaders(headers);
    this.add({
      type: "request",
      id: this.#requests,
      method,
      path: pathname,
      ...(searchParams.size > 0 && { query: queryOf(searchParams) }),
      ...(body && { body: toContent(body, headers.get("content-type")) }),
    });
    return this.#requests;
  }

  answer(id: number, { status, headers }: Response): void {
    this.#redactor.learnHeaders(headers);
    const kept = [...headers].filter(([name]) => !PASSING.has(name));
    this.add({ type: "answer", id, status, headers: Object.fromEntries(kept) });
  }

  failure(id: number, error: unknown): void {
    const cause = innermost(error);
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
    this.add({ type: "failure", id, message: reasonOf(cause), ...(code && { code }) });
  }

  /** Takes what is told of the body of an answer. */
  listener(id: number, contentType: string | null): BodyListener {
    return {
      frame: (text) => this.add({ type: "frame", id, text }),
      body: (bytes) => this.add({ type: "body", id, ...toContent(bytes, contentType) }),
      end: () => this.add({ type: "end", id }),
      failure: (cause) => this.failure(id, cause),
      left: () => this.add({ type: "left", id }),
    };
  }

  add(entry: Unstamped<WireEntry>): void {
    this.#entries.push({ ...entry, at: Math.round(performance.now() - this.#start) });
  }

  /** All of it, as it may be shown. */
  withoutSecrets(): readonly WireEntry[] {
    for (const entry of this.#entries) this.#learn(entry);
    return this.#entries.map((entry) => this.#clean(entry));
  }

  #learn(entry: WireEntry): void {
    if (entry.type === "frame") this.#redactor.learnFrame(entry.text);
    else if (entry.type === "body") this.#redactor.learn(entry.json);
    else if (entry.type === "request") {
      this.#redactor.learn(entry.query);
      this.#redactor.learn(entry.body?.json);
    }
  }

  #clean(entry: WireEntry): WireEntry {
    const { type, at, id } = entry;
    const stamp = { at, id };
    switch (type) {
      case "request": {
        const { method, path, query, body } = entry;
        return {
          type,
          ...stamp,
          method,
          path: this.#redactor.text(path),
          ...(query && { query: this.#cleanQuery(query) }),
          ...(body && { body: this.#cleanContent(body) }),
        };
      }
      case "answer":
        return { type, ...stamp, status: entry.status, headers: this.#cleanHeaders(entry.headers) };
      case "body":
        return { type, ...stamp, ...this.#cleanContent(entry) };
      case "frame":
        return { type, ...stamp, text: this.#redactor.frame(entry.text) };
      case "failure":
        return { ...entry, message: this.#redactor.text(entry.message) };
      default:
        return entry;
    }
  }

  #cleanContent({ json, text, base64 }: WireContent): WireContent {
    if (base64 !== undefined) return { base64 };
    return text === undefined ? { json: this.#redactor.value(json) } : { text: this.#redactor.frame(text) };
  }

  #cleanQuery(query: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
    const clean = (name: string, text: string) =>
      this.#redactor.isSecret(name) ? REMOVED : this.#redactor.text(text);
    return Object.fromEntries(
      Object.entries(query).map(([name, texts]) => [name, texts.map((text) => clean(name, text))]),
    );
  }

  #cleanHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
    const kept = Object.entries(headers).filter(([name]) => !this.#redactor.isSecret(name));
    return Object.fromEntries(kept.map(([name, value]) => [name, this.#redactor.text(value)]));
  }
}

type Unstamped<T> = T extends unknown ? Omit<T, "at"> : never;

/** All values of each parameter: some come more than once. */
export function queryOf(params: URLSearchParams): Record<string, string[]> {
  return Object.fromEntries([...new Set(params.keys())].map((name) => [name, params.getAll(name)]));
}

/** Fetch wraps what went wrong, twice where nothing listens. */
function innermost(error: unknown): unknown {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  return inner;
}
