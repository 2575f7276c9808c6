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
  const said: TurnMessage = { role, text: rest.map(partText).filter(Boolean).join("\n") };
  if (results.length === 0) return [said];
  const tool: TurnMessage = { role: "tool", text: "" };
  return rest.length === 0 ? [tool] : [tool, said];
}

const partText = (part: unknown): string => {
  const { text, thought } = fields(part);
  return typeof text === "string" && thought !== true ? text : "";
};
