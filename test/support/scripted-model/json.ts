/** The items of a JSON list; of anything else, none. */
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The fields of a JSON object; of anything else, none. */
export const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : {};

/** All text of a content, whether it is a string or a list of parts with `text`. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return list(content)
    .map((part) => fields(part).text)
    .map((text) => (typeof text === "string" ? text : ""))
    .join("\n");
}
