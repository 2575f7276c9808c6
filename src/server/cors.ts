import { EngineError } from "../engine/errors.ts";
import { refuse } from "./errors.ts";
import type { Guard } from "./guard.ts";
import { hostOf } from "./hosts.ts";

/** How long browsers may remember what they were allowed, in seconds. */
const REMEMBERED = "600";

/** Which web pages may use the server. */
export interface Cors {
  /** Turns away what another page's script has sent: some requests are sent by browsers without asking first. */
  readonly guard: Guard;
  /** Lets the page that asked read the answer, if it may. */
  readonly mark: (request: Request, response: Response) => Response;
}

/** @throws EngineError `CONFIG_INVALID` for what is no origin, and for those that would be everybody */
export function createCors(allowed: readonly string[]): Cors {
  const origins = new Set(allowed.map(readOrigin));
  return {
    guard(request) {
      const origin = request.headers.get("origin");
      if (origin === null || origins.has(origin) || isOwn(origin, request)) return undefined;
      const message = `Pages of ${JSON.stringify(origin.slice(0, 100))} may not use this server; if they should, have the origin added to "allowedOrigins".`;
      return refuse(403, { code: "PERMISSION_DENIED", message });
    },
    mark(request, response) {
      const origin = request.headers.get("origin");
      // Whatever is kept on the way must not be handed to the pages of another origin.
      if (origins.size > 0) response.headers.append("vary", "origin");
      if (origin === null || !origins.has(origin)) return response;
      response.headers.set("access-control-allow-origin", origin);
      response.headers.set("access-control-allow-credentials", "true");
      response.headers.set("access-control-expose-headers", "retry-after");
      return response;
    },
  };
}

/** A browser that asks whether a page may send what it wants to send. */
export function isPreflight({ method, headers }: Request): boolean {
  return method === "OPTIONS" && headers.has("origin") && headers.has("access-control-request-method");
}

/** Who gets as far as this may send any header. */
export function preflightResponse({ headers }: Request, methods: readonly string[]): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": methods.join(", "),
      "access-control-allow-headers": headers.get("access-control-request-headers") ?? "",
      "access-control-max-age": REMEMBERED,
      vary: "access-control-request-headers",
    },
  });
}

/** A page that this very server has handed out. Behind a proxy that ends TLS the schemes differ. */
function isOwn(origin: string, request: Request): boolean {
  return URL.canParse(origin) && new URL(origin).host === hostOf(request).toLowerCase();
}

function readOrigin(given: string): string {
  const origin = URL.canParse(given) ? new URL(given).origin : undefined;
  // Of "null" are also the pages that any site puts into a sandbox.
  if (origin === given && origin !== "null") return origin;
  const advice = given === "*" ? "every page of the web could run tools here; name them" : "write an origin";
  const message = `"allowedOrigins" has ${JSON.stringify(given)}: ${advice}, such as "https://app.example.com".`;
  throw new EngineError("CONFIG_INVALID", message);
}
