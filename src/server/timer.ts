import { letGo } from "../engine/let-go.ts";

/** Calls `tick` every so many milliseconds until the returned function is called. */
export function every(ms: number, tick: () => void): () => void {
  const timer = setInterval(tick, ms);
  letGo(timer);
  return () => clearInterval(timer);
}
