/** An id of the same form that nothing has: engines refuse what does not look like one of their ids in another way. */
export function unknownLike(id: string): string {
  const tail = 6;
  const other = [...id.slice(-tail)].map((char) => (char === "0" ? "1" : "0")).join("");
  return id.slice(0, -tail) + other;
}
