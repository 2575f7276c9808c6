import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { EngineError } from "../../engine/errors.ts";
import { type ConfigObject, isConfigObject, type KeyPath } from "./config-object.ts";

/** A configuration file, read. */
export interface ParsedConfiguration {
  readonly config: ConfigObject;
  /** The line, from 1, where a value stands; that of the nearest thing around it, if it stands nowhere. */
  lineOf(path: KeyPath): number;
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ["InvalidSymbol", "this is neither a value nor a sign of JSON (texts stand in double quotes)"],
  ["InvalidNumberFormat", "this is no number"],
  ["PropertyNameExpected", "the name of a key is expected, in double quotes"],
  ["ValueExpected", "a value is expected"],
  ["ColonExpected", "a colon is expected"],
  ["CommaExpected", "a comma is expected"],
  ["CloseBraceExpected", "a closing } is expected"],
  ["CloseBracketExpected", "a closing ] is expected"],
  ["EndOfFileExpected", "nothing more is expected after the configuration"],
  ["UnexpectedEndOfComment", "this comment has no end"],
  ["UnexpectedEndOfString", "this text has no closing quote"],
  ["UnexpectedEndOfNumber", "this number has no end"],
  ["InvalidUnicode", "this \\u escape is not four hexadecimal digits"],
  ["InvalidEscapeCharacter", "there is no such escape; a backslash is written \\\\"],
  ["InvalidCharacter", "this character must be written as an escape"],
]);

/**
 * Reads JSON with comments and trailing commas; an empty text is an empty configuration, as it is for OpenCode.
 * @param name of the file, for errors; they never show what stands in it: it may be a key
 * @throws EngineError `CONFIG_INVALID` with line and column
 */
export function parseConfiguration(source: string, name: string): ParsedConfiguration {
  const text = source.startsWith("\uFEFF") ? source.slice(1) : source;
  if (text === "") return { config: {}, lineOf: () => 1 };
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined || root === undefined) {
    const { line, column } = positionOf(text, error?.offset ?? 0);
    const code = error === undefined ? "ValueExpected" : printParseErrorCode(error.error);
    const problem = WORDS.get(code) ?? code;
    throw configInvalid(`${name}:${line}:${column} is not valid JSON: ${problem}.`);
  }
  const config: unknown = getNodeValue(root);
  if (!isConfigObject(config)) {
    const { line, column } = positionOf(text, root.offset);
    throw configInvalid(`${name}:${line}:${column} must be an object: { "key": value }.`);
  }
  return { config, lineOf: (path) => positionOf(text, nearest(root, path).offset).line };
}

export function configInvalid(message: string, cause?: unknown): EngineError {
  return new EngineError("CONFIG_INVALID", message, { engine: "opencode", cause });
}

/** From 1, as editors count. A CR alone ends no line. */
export function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - lineStart + 1 };
}

// The parser's own search takes the first of two equal keys; its value, and that of OpenCode, is the last.
function nearest(root: Node, path: KeyPath): Node {
  let node = root;
  for (const key of path) {
    const child =
      typeof key === "number"
        ? node.children?.[key]
        : node.children?.findLast(({ children }) => children?.[0]?.value === key)?.children?.[1];
    if (child === undefined) return node;
    node = child;
  }
  return node;
}
