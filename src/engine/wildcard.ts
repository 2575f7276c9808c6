/**
 * Does a text fit a wildcard pattern? `*` stands for any text, also none, with slashes and line breaks; `?` for any one
 * character. A pattern that ends in a space and `*` fits without them, too: `ls *` fits `ls`. Backslashes count as
 * slashes. Everything else stands for itself, in upper or lower case as written. These are OpenCode's own rules.
 */
export function fitsWildcard(text: string, pattern: string): boolean {
  const [subject, wanted] = [text.replaceAll("\\", "/"), pattern.replaceAll("\\", "/")];
  if (fits(subject, wanted)) return true;
  return wanted.endsWith(" *") && fits(subject, wanted.slice(0, -2));
}

// By hand: as a regular expression it would take time without end for some patterns.
function fits(text: string, pattern: string): boolean {
  let [at, wanted] = [0, 0];
  /** Where the newest `*` stands, and how far the text is that it takes. */
  let [star, taken] = [-1, 0];
  while (at < text.length) {
    const sign = pattern[wanted];
    if (sign === "*") {
      [star, taken] = [wanted, at];
      wanted += 1;
    } else if (wanted < pattern.length && (sign === "?" || sign === text[at])) {
      at += 1;
      wanted += 1;
    } else if (star >= 0) {
      // The star takes one more.
      taken += 1;
      at = taken;
      wanted = star + 1;
    } else return false;
  }
  while (pattern[wanted] === "*") wanted += 1;
  return wanted === pattern.length;
}
