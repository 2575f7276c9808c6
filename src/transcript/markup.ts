/*
 * Markdown whose structure does not depend on what is in it: every function gives a block, or a piece of a line, that
 * no text can end before its own end.
 */

/** The text as it is, but for the form of its line ends, in a fence that is longer than any in it. */
export function fence(text: string, language = "text"): string {
  const marks = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${marks}${language}\n${linesOf(text).join("\n").replace(/\n$/, "")}\n${marks}`;
}

/** Text that is Markdown itself, in a quote. Markup in it could end the quote where it is shown: then it is fenced. */
export function quote(text: string): string {
  if (/<[a-z/!?]/i.test(text)) return fence(text, "markdown");
  return linesOf(text)
    .map((line) => (line === "" ? ">" : `> ${line}`))
    .join("\n");
}

/** Text that is shown when somebody wants to see it. */
export function folded(summary: string, text: string): string {
  return `<details>\n<summary>${summary}</summary>\n\n${fence(text)}\n\n</details>`;
}

/** Plain words within a line. */
export function inline(text: string): string {
  return oneLine(text).replace(/[\\`*_[\]<>&~|#$]/g, "\\$&");
}

/** Code within a line. */
export function code(text: string): string {
  const shown = oneLine(text) || "(empty)";
  const marks = "`".repeat(longestRun(shown) + 1);
  // What begins or ends with a mark has to be kept apart from those around it.
  const space = /^`|`$/.test(shown) ? " " : "";
  return `${marks}${space}${shown}${space}${marks}`;
}

/** A carriage return ends a line as well. */
function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\r|\n/);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, { length }) => Math.max(longest, length), 0);
}
