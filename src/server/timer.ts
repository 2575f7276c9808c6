/**
 * Calls `tick` every so many milliseconds until the returned function is called. On Node it does not keep the process
 * alive: what the ticks are for, a socket, does.
 */
export function every(ms: number, tick: () => void): () => void {
  const timer = setInterval(tick, ms);
  letGo(timer);
  return () => clearInterval(timer);
}

/** Where timers are objects. In browsers they are numbers, and no process has to end. */
function letGo(timer: unknown): void {
  if (typeof timer !== "object" || timer === null || !("unref" in timer)) return;
  if (typeof timer.unref === "function") timer.unref();
}
