/** So many characters, in numbered lines of 64. */
export function linesOf(size: number): string {
  let text = "";
  for (let line = 0; text.length < size; line += 1) text += `${String(line).padEnd(63, "x")}\n`;
  return text.slice(0, size);
}
