import { EngineError } from "../engine/errors.ts";
import { refuse } from "./errors.ts";
import type { Guard } from "./guard.ts";

/** By these a program on the same machine reaches a server that listens on the loopback alone. */
export const LOOPBACK_HOSTS: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** Is only this machine reached there? */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(hostname);
}

/**
 * Answers only under these names. Else a web page whose own name is made to lead here (DNS rebinding) would be of the
 * same origin as the server, and could do all that it can.
 *
 * @throws EngineError `CONFIG_INVALID` for what is no name of a host
 */
export function hostGuard(allowed: readonly string[] | undefined): Guard {
  if (allowed === undefined) return () => undefined;
  const names = new Set(allowed.map(readName));
  return (request) => {
    const host = hostOf(request);
    const name = nameIn(host);
    if (name !== undefined && names.has(name)) return undefined;
    const message = `This server does not answer for the host ${JSON.stringify(host.slice(0, 100))}: use its own address, or have the name added to "allowedHosts".`;
    return refuse(403, { code: "PERMISSION_DENIED", message });
  };
}

/** For whom the request is, with the port. */
export function hostOf({ headers, url }: Request): string {
  return headers.get("host") ?? new URL(url).host;
}

/** The name without its port; `undefined` for what no `Host` header can be. */
function nameIn(host: string): string | undefined {
  return /^(\[[\da-f:.]+\]|[^\s:/?#@[\]\\,]+)(:\d{0,5})?$/i.exec(host)?.[1]?.toLowerCase();
}

function readName(given: string): string {
  const bracketed = /^[\da-f.]*:[\da-f:.]*:[\da-f:.]*$/i.test(given) ? `[${given}]` : given;
  const name = nameIn(bracketed);
  if (name === bracketed.toLowerCase()) return name;
  const message = `"allowedHosts" has ${JSON.stringify(given)}; write names without scheme and port, such as "engine.example.com".`;
  throw new EngineError("CONFIG_INVALID", message);
}
