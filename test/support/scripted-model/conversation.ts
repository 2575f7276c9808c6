import { fields } from "./json.ts";
import type { TurnMessage } from "./wire.ts";

/**
 * A message of a wire that has no role for the results of tools, and has the user send them: they are a message of
 * their own here, as they are on chat completions.
 */
export function apart(
  role: string,
  parts: readonly unknown[],
  isResult: (part: unknown) => boolean,
): TurnMessage[] {
  const results = parts.filter(isResult);
  const rest = parts.filter((part) => !isResult(part));
  const said: TurnMessage = { role, text: textOfParts(rest) };
  if (results.length === 0) return [said];
  const tool: TurnMessage = { role: "tool", text: "" };
  return rest.length === 0 ? [tool] : [tool, said];
}

/** Some engines send a prompt that got no answer again, together with the next: the newest script counts. */
export function textOfParts(parts: readonly unknown[]): string {
  const texts = parts.map(partText).filter(Boolean);
  const newest = texts.findLastIndex((text) => text.includes("[["));
  return texts.filter((text, index) => index === newest || !text.includes("[[")).join("\n");
}

const partText = (part: unknown): string => {
  const { text, thought } = fields(part);
  return typeof text === "string" && thought !== true ? text : "";
};
