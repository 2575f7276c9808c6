import {
  applyEdits,
  createScanner,
  type FormattingOptions,
  findNodeAtLocation,
  type ModificationOptions,
  modify,
  parseTree,
} from "jsonc-parser";
import type { KeyPath } from "./config-object.ts";

/** The text with one value set, or removed where it is `undefined`; the rest stays, comments too. */
export function editText(text: string, path: KeyPath, value: unknown): string {
  if (value === undefined) return removeKey(text, path);
  return applyEdits(text, modify(text, [...path], value, formattingOf(text)));
}

/** How a text is indented and where its lines end, so that what is added looks as if it had always been there. */
function formattingOf(text: string): ModificationOptions {
  const indent = /^[ \t]+(?=\S)/m.exec(text)?.[0] ?? "  ";
  const formattingOptions: FormattingOptions = {
    insertSpaces: !indent.startsWith("\t"),
    tabSize: indent.startsWith("\t") ? 1 : indent.length,
    eol: text.includes("\r\n") ? "\r\n" : "\n",
  };
  return { formattingOptions };
}

/** The parser's own removal takes the comments before the key along. */
function removeKey(text: string, path: KeyPath): string {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const property = root && findNodeAtLocation(root, [...path])?.parent;
  const siblings = property?.parent?.children;
  if (property?.type !== "property" || siblings === undefined) return text;
  const end = property.offset + property.length;
  const before = siblings[siblings.indexOf(property) - 1];
  // Its own comma, else the one that would be too many now.
  const comma =
    commaAfter(text, end) ?? (before && commaAfter(text, before.offset + before.length)) ?? undefined;
  const cuts = [{ from: property.offset, to: end }];
  if (comma !== undefined) cuts.push({ from: comma, to: comma + 1 });
  // From the end, so that places before stay right.
  const result = cuts
    .toSorted((a, b) => b.from - a.from)
    .reduce((rest, { from, to }) => rest.slice(0, from) + rest.slice(to), text);
  const start = comma !== undefined && comma < property.offset ? property.offset - 1 : property.offset;
  return withoutBlankLine(result, start);
}

function commaAfter(text: string, offset: number): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  scanner.scan();
  const next = scanner.getTokenOffset();
  return text[next] === "," ? next : undefined;
}

function withoutBlankLine(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const end = text.indexOf("\n", offset);
  if (start === 0 || end === -1 || text.slice(start, end).trim() !== "") return text;
  return text.slice(0, start) + text.slice(end + 1);
}
