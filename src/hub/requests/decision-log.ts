import type { DiagnosticHandler } from "../../engine/diagnostics.ts";
import type { DecisionRecord } from "../../engine/policy.ts";
import { handlerThrew } from "../fanout.ts";

/** How many decisions of a kind are remembered. */
const REMEMBERED = 1_000;
/** UTF-16 units of a text that are remembered. */
const LONGEST = 1_000;

/** What was decided and why: the newest of it, and all of it for whoever wants to be told. */
export class DecisionLog {
  readonly #records = new Map<DecisionRecord["type"], DecisionRecord[]>();
  readonly #onDecision: ((record: DecisionRecord) => unknown) | undefined;
  readonly #diagnostic: DiagnosticHandler;

  constructor(onDecision: ((record: DecisionRecord) => unknown) | undefined, diagnostic: DiagnosticHandler) {
    this.#onDecision = onDecision;
    this.#diagnostic = diagnostic;
  }

  add(record: DecisionRecord): void {
    const records = this.#records.get(record.type) ?? [];
    this.#records.set(record.type, records);
    records.push(record);
    if (records.length > REMEMBERED) records.shift();
    const report = (cause: unknown) => this.#diagnostic(handlerThrew("decisions", cause));
    try {
      const result = this.#onDecision?.(record);
      // An async handler fits where one is due that returns nothing.
      if (result instanceof Promise) result.catch(report);
    } catch (cause) {
      report(cause);
    }
  }

  /** The oldest first. */
  list<Type extends DecisionRecord["type"]>(type: Type): readonly Extract<DecisionRecord, { type: Type }>[] {
    const isOfType = (record: DecisionRecord): record is Extract<DecisionRecord, { type: Type }> =>
      record.type === type;
    return (this.#records.get(type) ?? []).filter(isOfType);
  }
}

/** As much of a text as is remembered. A mere slice would hold the whole of it in memory. */
export function cut(text: string): string {
  if (text.length <= LONGEST) return text;
  return [...text.slice(0, LONGEST).split(""), "…"].join("");
}
