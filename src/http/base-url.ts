import { EngineError } from "../engine/errors.ts";
import type { HeadersRecord } from "./headers.ts";

export interface BaseUrl {
  /** Without credentials and without a slash at its end: safe to show, and paths are appended to it. */
  readonly url: string;
  /** The credentials that the address carried. */
  readonly headers: HeadersRecord;
}

/**
 * Takes the credentials out of an address: fetch refuses them there, and errors quote the address.
 * @throws EngineError `CONFIG_INVALID`
 */
export function parseBaseUrl(baseUrl: string): BaseUrl {
  const url = parse(baseUrl);
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const expected = 'it must be an http: or https: address such as "http://127.0.0.1:4096"';
    throw new EngineError("CONFIG_INVALID", `baseUrl is ${shown(baseUrl)}; ${expected}.`);
  }
  if (url.search !== "" || url.hash !== "") {
    const advice = "give it without them, and credentials in the headers option";
    throw new EngineError(
      "CONFIG_INVALID",
      `baseUrl ${shown(baseUrl)} has a query or a fragment; ${advice}.`,
    );
  }
  const { username, password } = url;
  const headers = username === "" && password === "" ? {} : basicAuth(decoded(username), decoded(password));
  return { url: url.origin + url.pathname.replace(/\/+$/, ""), headers };
}

// `URL.parse` is missing in browsers of 2024.
function parse(address: string): URL | undefined {
  try {
    return new URL(address);
  } catch {
    return undefined;
  }
}

/** An address that may be anything, as a message may quote it: nothing before an `@`, nothing of a query. */
function shown(address: string): string {
  const host = String(address).replace(/^([a-z]+:\/\/)?.*@/is, "$1***@");
  return JSON.stringify(host.replace(/[?#].*$/s, ""));
}

// A `%` that encodes nothing was meant as it stands.
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function basicAuth(username: string, password: string): HeadersRecord {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return { authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}
