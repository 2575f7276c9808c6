import type { DiagnosticHandler } from "../engine/diagnostics.ts";
import { reasonOf } from "../engine/errors.ts";
import { withDeadline } from "../engine/scope.ts";

/** Work that nobody waits for but `dispose()`: stopping an engine after its caller left, denying a request. */
export class Background {
  readonly #running = new Set<Promise<void>>();
  readonly #diagnostic: DiagnosticHandler;

  constructor(diagnostic: DiagnosticHandler) {
    this.#diagnostic = diagnostic;
  }

  readonly add = (work: Promise<unknown>): void => {
    const done = work.then(
      () => {},
      (cause: unknown) => {
        this.#diagnostic({ level: "warning", code: "background_failed", message: reasonOf(cause), cause });
      },
    );
    this.#running.add(done);
    void done.then(() => this.#running.delete(done));
  };

  /** Resolves when it is all done, or after `ms`. */
  async finish(ms: number): Promise<void> {
    if (this.#running.size === 0) return;
    const late = () => new Error("Some work goes on.");
    await withDeadline(ms, late, [], () => Promise.all(this.#running)).catch(() => {});
  }
}
