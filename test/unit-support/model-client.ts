import type { ScriptedModel } from "../support/scripted-model/server.ts";

/** A message of a chat-completions request. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** What the steps before look like to the model. */
export const stepsBefore = (count: number): ChatMessage[] =>
  Array.from({ length: count }, () => [
    { role: "assistant", content: "" },
    { role: "tool", content: "result" },
  ]).flat();

/** Sends a streamed chat request, as an engine would. */
export function ask(
  model: ScriptedModel,
  prompt: string,
  options: {
    readonly system?: string;
    readonly after?: readonly ChatMessage[];
    readonly stream?: boolean;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Response> {
  const { system = "You are a coding agent.", after = [], stream = true, signal = null } = options;
  const messages = [{ role: "system", content: system }, { role: "user", content: prompt }, ...after];
  const body = JSON.stringify({ model: "scripted", stream, messages });
  return fetch(`${model.url}/chat/completions`, { method: "POST", body, signal });
}

/** A frame of a streamed reply, as far as these tests look at it. */
export interface Chunk {
  readonly choices: readonly {
    readonly delta: {
      readonly content?: string;
      readonly reasoning_content?: string;
      readonly tool_calls?: readonly {
        readonly index: number;
        readonly id?: string;
        readonly function: { readonly name?: string; readonly arguments: string };
      }[];
    };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: { readonly prompt_tokens: number };
  readonly error?: { readonly message: string };
}

/** The frames of a streamed reply. Rejects when it is cut. */
export async function chunksOf(response: Response): Promise<Chunk[]> {
  const frames = (await response.text()).split("\n\n").filter((frame) => frame.startsWith("data: {"));
  return frames.map((frame) => JSON.parse(frame.slice("data: ".length)));
}

/** The text deltas of a streamed reply. */
export async function textsOf(response: Response): Promise<string[]> {
  const chunks = await chunksOf(response);
  return chunks.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta.content ?? []));
}
