/**
 * Text inside `[[...]]`. A backslash stands before `n`, `r`, `t`, itself, and `u` with four hex digits (one UTF-16
 * unit); any other backslash is a plain one.
 */
export function unescapeText(text: string): string {
  return text.replace(/\\(n|r|t|\\|u[0-9a-fA-F]{4})/g, (_, escaped: string) => {
    if (escaped === "n") return "\n";
    if (escaped === "r") return "\r";
    if (escaped === "t") return "\t";
    if (escaped === "\\") return "\\";
    return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
  });
}

// Brackets could end the directive; lone surrogates do not survive UTF-8, and the prompt travels through a database.
const unsafe = /[\\[\]]|\p{Cc}|\p{Cs}|\p{Zl}|\p{Zp}/gu;

/** Any text as it may stand inside `[[...]]`: {@link unescapeText} gives it back unchanged. */
export function escapeText(text: string): string {
  const escaped = text.replace(unsafe, (unit) => {
    if (unit === "\\") return "\\\\";
    if (unit === "\n") return "\\n";
    if (unit === "\r") return "\\r";
    if (unit === "\t") return "\\t";
    return unitEscape(unit);
  });
  // Otherwise read as an option (`size=3 ...`) or skipped as the space before the text.
  return /^(\s|[a-z-]+=)/.test(escaped) ? unitEscape(escaped) + escaped.slice(1) : escaped;
}

const unitEscape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
