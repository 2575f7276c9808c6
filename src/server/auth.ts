import { EngineError } from "../engine/errors.ts";
import { refuse } from "./errors.ts";
import type { Guard } from "./guard.ts";

/** What browsers and command-line tools are told to send. */
const CHALLENGE = 'Bearer realm="engine", Basic realm="engine", charset="UTF-8"';

/**
 * Lets those in who know the password: as a bearer token, or by HTTP Basic with any user name.
 * @throws EngineError `CONFIG_INVALID` when it is empty
 */
export function passwordGuard(password: string | undefined): Guard {
  if (password === undefined) return () => undefined;
  if (password === "") {
    throw new EngineError(
      "CONFIG_INVALID",
      "The password of the server is empty: choose one, or leave it out.",
    );
  }
  let expected: Promise<Uint8Array> | undefined;
  return async ({ headers }) => {
    expected ??= digest(password);
    const given = passwordIn(headers.get("authorization") ?? "");
    if (given !== undefined && isSame(await digest(given), await expected)) return undefined;
    const wrong = headers.has("authorization") ? "the one that was sent is another" : "none was sent";
    const message = `This server wants a password, and ${wrong}: send "Authorization: Bearer <password>".`;
    return refuse(401, { code: "AUTH_REQUIRED", message }, { "www-authenticate": CHALLENGE });
  };
}

function passwordIn(authorization: string): string | undefined {
  const [, scheme = "", credentials = ""] = /^(\S+) +(\S+)$/.exec(authorization) ?? [];
  if (scheme.toLowerCase() === "bearer") return credentials;
  if (scheme.toLowerCase() !== "basic") return undefined;
  const pair = decodeBase64(credentials);
  const colon = pair?.indexOf(":") ?? -1;
  return colon < 0 ? undefined : pair?.slice(colon + 1);
}

function decodeBase64(text: string): string | undefined {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/** Digests are of one length whatever was sent: how long comparing takes says nothing of the password. */
async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

/** Takes the same time wherever they differ. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  for (const [index, byte] of one.entries()) difference |= byte ^ (other[index] ?? 0);
  return difference === 0;
}
