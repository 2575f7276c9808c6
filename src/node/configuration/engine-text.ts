import { readFile } from "node:fs/promises";
import { reasonOf } from "../../engine/errors.ts";
import { configInvalid, positionOf } from "./parse.ts";
import { type PlaceholderSource, pathOfPlaceholder } from "./placeholders.ts";

/**
 * Replaces `{env:VAR}` and `{file:path}` in a file that OpenCode reads itself, as it does: in the text, not in its
 * values, an unset variable by nothing, and no file in lines that are comments. `${VAR}` means nothing to it.
 *
 * @throws EngineError `CONFIG_INVALID` for a file that there is not: OpenCode would not start
 */
export async function substituteAsEngine(
  source: string,
  from: PlaceholderSource,
): Promise<{ readonly text: string; readonly secrets: readonly string[] }> {
  const secrets = new Set<string>();
  const text = source.replace(/\{env:([^}]+)\}/g, (_, variable: string) => {
    const value = (Object.hasOwn(from.env, variable) && from.env[variable]) || "";
    if (value !== "") secrets.add(value);
    return value;
  });
  let result = "";
  let end = 0;
  for (const match of text.matchAll(/\{file:([^}]+)\}/g)) {
    const [whole, file = ""] = match;
    result += text.slice(end, match.index);
    end = match.index + whole.length;
    const lineStart = text.lastIndexOf("\n", match.index - 1) + 1;
    const isComment = text.slice(lineStart, match.index).trimStart().startsWith("//");
    if (isComment) {
      result += whole;
      continue;
    }
    const content = await read(file, positionOf(text, match.index).line, from);
    secrets.add(content);
    result += JSON.stringify(content).slice(1, -1);
  }
  return { text: result + text.slice(end), secrets: [...secrets] };
}

async function read(file: string, line: number, from: PlaceholderSource): Promise<string> {
  const path = pathOfPlaceholder(file, from);
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const problem = missing ? "does not exist" : `can't be read: ${reasonOf(cause)}`;
    throw configInvalid(
      `${from.name}:${line} names {file:${file}}, but ${path} ${problem}. Make the file, or mend its path.`,
      cause,
    );
  }
}
