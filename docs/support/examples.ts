/** A shell script in a page, and the place of its answer. */
export interface Example {
  readonly script: string;
  /** The examples after it find the id that it answers in this variable. */
  readonly idGoesTo: string | undefined;
}

/**
 * A fenced `sh` block, then `<!-- answer -->`, or `<!-- answer: NAME -->` where its id goes to `$NAME`. The block after
 * that is the answer as it was printed the last time.
 */
const EXAMPLE = /^(```sh\n([\s\S]*?)^```\n\n<!-- answer(?:: ([A-Z]+))? -->\n)(?:^```\w+\n[\s\S]*?^```\n)?/gm;

/** The examples of a page, in order. Throws where one has no place for its answer. */
export function examplesIn(page: string): readonly Example[] {
  const examples = [...page.matchAll(EXAMPLE)].map(([, , script = "", idGoesTo]) => ({ script, idGoesTo }));
  const written = page.match(/^```sh$/gm)?.length ?? 0;
  if (examples.length === written) return examples;
  throw new Error(`${written - examples.length} of the page's examples are not followed by <!-- answer -->.`);
}

/** The page with these blocks as the answers to its examples. */
export function withAnswers(page: string, blocks: readonly string[]): string {
  let next = 0;
  return page.replace(EXAMPLE, (_, example: string) => {
    const block = blocks[next] ?? "";
    next += 1;
    return example + block;
  });
}
