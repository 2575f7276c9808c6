import { EngineError, reasonOf } from "../engine/errors.ts";

export type HeadersRecord = Readonly<Record<string, string>>;
export type HeadersSource = HeadersRecord | (() => HeadersRecord | Promise<HeadersRecord>);

/**
 * What the client's user wants to be sent with this very request.
 * @throws EngineError `AUTH_REQUIRED` when the function fails; retryable, as a token may be had later
 */
export async function readHeaders(source: HeadersSource | undefined, where: string): Promise<HeadersRecord> {
  if (typeof source !== "function") return source ?? {};
  try {
    return await source();
  } catch (cause) {
    const message = `${where} was not sent, because the headers function failed: ${reasonOf(cause)}`;
    throw new EngineError("AUTH_REQUIRED", message, { cause, retryable: true });
  }
}

/**
 * Later ones win, however their names are spelt.
 * @throws EngineError `CONFIG_INVALID` for what HTTP can't carry
 */
export function joinHeaders(...records: readonly HeadersRecord[]): Headers {
  const joined = new Headers();
  for (const [name, value] of records.flatMap((record) => Object.entries(record))) {
    try {
      joined.set(name, value);
    } catch {
      // The platform's error quotes the value, and that may be a secret: it is not even kept as the cause.
      const message = `The header ${JSON.stringify(name)} can't be sent; look for a line break or a character beyond Latin-1 in the headers option.`;
      throw new EngineError("CONFIG_INVALID", message);
    }
  }
  return joined;
}

/** Takes out of a text what these headers hold: servers repeat a request in their error pages. */
export function withoutSecrets(text: string, headers: HeadersRecord): string {
  const secrets = Object.values(headers).flatMap(secretsIn);
  // Short ones are words of any text, and no secrets.
  const telling = secrets.filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
  return telling.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
}

/** A value, its token without the scheme, and the password of basic authentication. */
export function secretsIn(value: string): readonly string[] {
  const token = value.slice(value.indexOf(" ") + 1);
  return [value, token, ...(/^basic /i.test(value) ? passwordOf(token) : [])];
}

function passwordOf(token: string): readonly string[] {
  try {
    const bytes = Uint8Array.from(atob(token), (char) => char.charCodeAt(0));
    const pair = new TextDecoder().decode(bytes);
    return [pair, pair.slice(pair.indexOf(":") + 1)];
  } catch {
    return [];
  }
}
