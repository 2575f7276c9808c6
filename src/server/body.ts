import { EngineError } from "../engine/errors.ts";

/** What the routes need to know of a request. */
export interface V1Request {
  readonly headers: Headers;
  /** The whole body. @throws EngineError `INVALID_REQUEST`, status 413, for one that is too large */
  text(): Promise<string>;
}

/** A request of whose body no more than so many bytes are taken, whatever it says of its length. */
export function withBodyLimit({ headers, body }: Request, maxBytes: number): V1Request {
  return {
    headers,
    async text() {
      if (Number(headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
      return body === null ? "" : readText(body, maxBytes);
    },
  };
}

async function readText(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.length;
    if (size > maxBytes) {
      // Not cancelled: that would close the connection before the answer is on it.
      reader.releaseLock();
      throw tooLarge(maxBytes);
    }
    text += decoder.decode(read.value, { stream: true });
  }
  return text + decoder.decode();
}

function tooLarge(maxBytes: number): EngineError {
  const message = `The body is too large: this server takes ${maxBytes} bytes at the most.`;
  return new EngineError("INVALID_REQUEST", message, { status: 413 });
}
