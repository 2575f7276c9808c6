import { reasonOf } from "../../engine/errors.ts";
import { withDeadline } from "../../engine/scope.ts";

const PATIENCE_MS = 2_000;
const FIRST_WORDS = 120;

/** What is there on a port, in words for a person: status, content type and first words of its answer. */
export async function whatAnswers(baseUrl: string): Promise<string> {
  const late = () => new Error(`it said nothing within ${PATIENCE_MS} ms`);
  try {
    return await withDeadline(PATIENCE_MS, late, [], async (signal) => {
      const response = await fetch(`${baseUrl}/global/health`, { signal, redirect: "manual" });
      const type = response.headers.get("content-type") ?? "no content type";
      return `Asked for its health it answers ${response.status}, ${type}: ${await firstWords(response)}`;
    });
  } catch (error) {
    return `It can't be asked what it is: ${reasonOf(error)}.`;
  }
}

async function firstWords(response: Response): Promise<string> {
  if (response.body === null) return "nothing.";
  // Not the whole: it may never end.
  let text = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.length >= FIRST_WORDS) break;
  }
  const words = text.replaceAll(/\s+/g, " ").trim();
  return words === "" ? "nothing." : `${JSON.stringify(words.slice(0, FIRST_WORDS))}.`;
}
