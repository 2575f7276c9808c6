import { chatCompletions } from "./chat-completions.ts";
import { converseStream } from "./converse-stream.ts";
import { generateContent } from "./generate-content.ts";
import { messages } from "./messages.ts";
import { ollama } from "./ollama.ts";
import { responses } from "./responses.ts";
import type { Wire } from "./wire.ts";

/** The wires that the scripted model answers on. No two accept the same request. */
export const wires: readonly Wire[] = [
  chatCompletions,
  responses,
  messages,
  generateContent,
  converseStream,
  ollama,
];
