import { EngineError } from "../engine/errors.ts";
import type { V1Request } from "./body.ts";

/**
 * The JSON that a request carries; of one without a body, which need not say what it is, an empty object.
 * @throws EngineError `INVALID_REQUEST` for another content type, for what is no JSON, and for what is too large
 */
export async function readJsonBody(request: V1Request): Promise<unknown> {
  const text = await request.text();
  if (text === "") return {};
  const [type = ""] = request.headers.get("content-type")?.split(";") ?? [];
  if (type.trim().toLowerCase() !== "application/json") {
    const message = `The content type is ${JSON.stringify(type.trim())}; send "application/json".`;
    throw new EngineError("INVALID_REQUEST", message);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `The body is no JSON (${text.length} characters); send one JSON object.`;
    throw new EngineError("INVALID_REQUEST", message, { cause });
  }
}

/** The query as an object; of a name that comes twice the last one counts. */
export function readQuery(url: URL): Readonly<Record<string, string>> {
  return Object.fromEntries(url.searchParams);
}
