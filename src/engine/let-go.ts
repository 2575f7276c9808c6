/** A timer that does not keep a Node process alive: what it is for, a socket, does. In browsers no process has to end. */
export function letGo(timer: number | { unref?(): unknown }): void {
  if (typeof timer === "object") timer.unref?.();
}
