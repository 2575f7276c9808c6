const WIDTH = 118;

/** What an example printed, as a fenced block: JSON so that it can be read, anything else as it came. */
export function printAnswer(printed: string): string {
  const value = jsonIn(printed);
  if (typeof value === "object") return `\`\`\`json\n${layOut(value)}\n\`\`\`\n`;
  return `\`\`\`text\n${normalized(printed).trimEnd()}\n\`\`\`\n`;
}

/** `undefined`: it is none. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What names this very run of the server is another word each time. */
function normalized(text: string): string {
  return text.replace(/^id: [0-9a-f]{8}-/gm, "id: b00t-");
}

/** On one line what fits on one. */
function layOut(value: unknown, indent = ""): string {
  const flat = JSON.stringify(value, null, 1).replace(/\n\s*/g, " ");
  if (typeof value !== "object" || value === null || indent.length + flat.length <= WIDTH) return flat;
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const lines = Object.entries(value).map(
    ([key, item]) => `${inner}${isList ? "" : `${JSON.stringify(key)}: `}${layOut(item, inner)}`,
  );
  const [open, close] = isList ? "[]" : "{}";
  return `${open}\n${lines.join(",\n")}\n${indent}${close}`;
}
