import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../../../", import.meta.url);

/** TypeScript that a page or a docstring shows. */
export interface CodeExample {
  /** Absolute, of the file that it stands in. */
  readonly file: string;
  /** Counts from 1: that of its first line of code. */
  readonly line: number;
  readonly code: string;
}

/** A text file of the repository. */
export interface Page {
  /** As in `docs/errors.md`. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

export function readPage(name: string): Page {
  const path = fileURLToPath(new URL(name, root));
  return { name, path, text: readFileSync(path, "utf8") };
}

/** What people read: the pages for users and for contributors. */
export function readPages(): readonly Page[] {
  const guides = readdirSync(new URL("docs/", root)).filter((name) => name.endsWith(".md"));
  const names = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...guides.map((name) => `docs/${name}`)];
  return names.map(readPage);
}

export function readSources(): readonly Page[] {
  const names = readdirSync(new URL("src/", root), { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".ts")).map((name) => readPage(`src/${name}`));
}

/** A fence, and what marks it as a copy of a file: such a file is compiled where it is. */
const FENCE = /(?:^<!-- [\w./-]+\.ts(?:#\w+)? -->\n)?^([ ]*(?:\* )?)```ts\n([\s\S]*?)^[ ]*(?:\* )?```$/gm;

/** The `ts` fences of a page, or of the docstrings of a source, without those that are copied from a file by a tool. */
export function examplesIn({ path, text }: Page): readonly CodeExample[] {
  return [...text.matchAll(FENCE)].flatMap((match) => {
    const [whole, margin = "", code = ""] = match;
    if (whole.startsWith("<!--")) return [];
    const line = text.slice(0, match.index).split("\n").length + 1;
    const lines = code.split("\n").map((each) => withoutMargin(each, margin));
    return [{ file: path, line, code: lines.join("\n") }];
  });
}

/** An empty line of a docstring has no space behind its star. */
function withoutMargin(line: string, margin: string): string {
  return line.startsWith(margin) ? line.slice(margin.length) : "";
}
