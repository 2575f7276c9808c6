import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Says when the process is told to end. */
export interface ExitSignal extends Disposable {
  /** Aborts at the first signal, with an error that names it. */
  readonly signal: AbortSignal;
  /** What a process exits with that such a signal has ended, for example 130; absent as long as none came. */
  readonly exitCode: number | undefined;
  /** Signals end the process again, as usual. May be called again. */
  close(): void;
}

/**
 * Listens for `SIGINT`, `SIGTERM` and `SIGHUP`: for work that has to be stopped before the process ends. The process
 * goes on after the first of them, and has to end by itself; a second one ends it as usual.
 *
 * @example
 * ```ts
 * const leaving = exitSignal();
 * await runPrompt(client, { prompt, signal: leaving.signal }).finally(leaving.close);
 * ```
 */
export function exitSignal(): ExitSignal {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const onSignal = (name: (typeof SIGNALS)[number]) => {
    close();
    exitCode = 128 + constants.signals[name];
    controller.abort(new Error(`The process was ended by ${name}.`));
  };
  const close = () => {
    for (const name of SIGNALS) process.off(name, onSignal);
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    close,
    [Symbol.dispose]: close,
  };
}
