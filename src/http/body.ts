/**
 * The body as text, or the beginning of it that is longer than `limit`. Cancels the body itself when the signal
 * aborts: fetch forgets its own signal once the request was garbage-collected, and the socket would stay open.
 */
export async function readText(response: Response, signal: AbortSignal, limit: number): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const cancel = () => void reader.cancel(signal.reason).catch(() => {});
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel, { once: true });
  const decoder = new TextDecoder();
  let text = "";
  try {
    while (text.length < limit) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return text + decoder.decode();
      text += decoder.decode(value, { stream: true });
    }
    cancel();
    return text;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/** Closes what nobody will read. */
export function discard({ body }: Response): void {
  body?.cancel().catch(() => {});
}

/** In lower case and without parameters; empty where there is none. */
export function mediaType({ headers }: Response): string {
  const [type = ""] = headers.get("content-type")?.split(";") ?? [];
  return type.trim().toLowerCase();
}

export function isJson(response: Response): boolean {
  return /[/+]json$/.test(mediaType(response));
}

/** JSON text never means `undefined`: that stands for broken. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
