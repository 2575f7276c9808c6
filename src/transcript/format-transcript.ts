import { EngineError } from "../engine/errors.ts";
import type { Transcript, TranscriptFormat } from "../engine/transcript.ts";
import { writeMarkdown } from "./markdown.ts";

/**
 * Writes a session down. It holds what the session and the messages hold, and nothing of the client: no address, no
 * credentials.
 *
 * @example
 * ```ts
 * const messages = await history.messages(session);
 * await writeFile("session.md", formatTranscript({ session, messages }, "markdown"));
 * ```
 * @throws EngineError `INVALID_REQUEST` for a format that is none
 */
export function formatTranscript(
  { session, messages }: Omit<Transcript, "version">,
  format: TranscriptFormat,
): string {
  switch (format) {
    case "markdown":
      return writeMarkdown(session, messages);
    case "json":
      return `${JSON.stringify({ version: 1, session, messages } satisfies Transcript, null, 2)}\n`;
    default: {
      const unknown: unknown = format;
      const message = `A transcript is "markdown" or "json", not ${JSON.stringify(unknown)}.`;
      throw new EngineError("INVALID_REQUEST", message);
    }
  }
}
