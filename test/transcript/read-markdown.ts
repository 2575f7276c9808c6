import MarkdownIt from "markdown-it";

/** A block of a document that stands in no other block, as a reader of CommonMark sees it. */
export interface Block {
  /** `heading`, `paragraph`, `fence`, `html_block`, `blockquote`, `bullet_list`, ... */
  readonly type: string;
  /** Of a heading: `h1`, `h2`, ... */
  readonly tag: string;
  /** The words in it, without their markup; of a fence and of HTML the source. */
  text: string;
  /** Of a fence. */
  readonly language: string;
  /** Every piece of HTML within it. */
  readonly html: string[];
}

/** Reads a document by the rules, with raw HTML allowed. */
export function readMarkdown(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  for (const { level, nesting, type, tag, info, content, children } of new MarkdownIt({ html: true }).parse(
    markdown,
    {},
  )) {
    if (level === 0 && nesting >= 0)
      blocks.push({ type: type.replace(/_open$/, ""), tag, text: "", language: info, html: [] });
    const block = blocks.at(-1);
    if (block === undefined) throw new Error("Something stands outside of every block.");
    if (type === "fence" || type === "code_block") block.text += content;
    if (type === "html_block") block.html.push(content);
    for (const child of children ?? []) {
      if (child.type === "html_inline") block.html.push(child.content);
      else block.text += child.content;
    }
  }
  return blocks;
}
