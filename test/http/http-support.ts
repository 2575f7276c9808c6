import type { ServerResponse } from "node:http";
import { createHttp, type Http, type HttpOptions } from "../../src/http.ts";

/** As drivers make it, with a deadline that no test here reaches unless it wants to. */
export function httpTo(baseUrl: string, options: Partial<HttpOptions> = {}): Http {
  return createHttp({ baseUrl, timeout: 60_000, engine: "acme", readError: () => undefined, ...options });
}

export const anything = { parse: (value: unknown) => value };

export function answer(response: ServerResponse, status: number, type: string | undefined, body = ""): void {
  response.writeHead(status, type === undefined ? {} : { "content-type": type }).end(body);
}

export function answerJson(response: ServerResponse, value: unknown, status = 200): void {
  answer(response, status, "application/json", JSON.stringify(value));
}
