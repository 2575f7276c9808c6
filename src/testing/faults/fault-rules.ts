import type { ExchangeFault, FaultRequest, FaultRule, FaultSelector, RefuseFault } from "./fault.ts";

/** A fault that is in force. */
export interface InjectedFault {
  /** How many exchanges (with `refuse`: connections) it has struck so far. */
  readonly hits: number;
  /** It strikes no more; exchanges that it has struck already go on as they are. May be called again. */
  stop(): void;
}

/** A fault and the one exchange that it is for. */
export interface Claim<F> {
  readonly fault: F;
  /** To be called when it strikes. */
  hit(): void;
}

interface ActiveRule {
  readonly rule: FaultRule;
  left: number;
  hits: number;
}

/** The least that these may be; all are whole numbers. */
const LEAST = new Map([
  ["after", 0],
  ["ms", 0],
  ["bytes", 1],
  ["times", 1],
  ["status", 200],
]);

/** The faults in force. Of several for one exchange, the one that was injected first has it. */
export class FaultRules {
  readonly #active = new Set<ActiveRule>();
  /** What functions of the rules have thrown: mistakes of the test, that would look like a fault otherwise. */
  readonly failures: unknown[] = [];

  /** @throws RangeError when a number in it makes no sense. */
  inject(rule: FaultRule): InjectedFault {
    check(rule);
    const active: ActiveRule = { rule, left: rule.times ?? Number.POSITIVE_INFINITY, hits: 0 };
    this.#active.add(active);
    return {
      get hits() {
        return active.hits;
      },
      stop: () => void this.#active.delete(active),
    };
  }

  claimConnection(): Claim<RefuseFault> | undefined {
    return this.#claim((rule) => (rule.type === "refuse" ? rule : undefined));
  }

  claimExchange(request: FaultRequest): Claim<ExchangeFault> | undefined {
    return this.#claim((rule) => {
      if (rule.type === "refuse" || !this.#guard(matches)(rule.on, request)) return undefined;
      return rule.type === "frames" ? { ...rule, transform: this.#guard(rule.transform) } : rule;
    });
  }

  #guard<A extends readonly unknown[], R>(run: (...args: A) => R): (...args: A) => R {
    return (...args) => {
      try {
        return run(...args);
      } catch (error) {
        this.failures.push(error);
        throw error;
      }
    };
  }

  #claim<F>(choose: (rule: FaultRule) => F | undefined): Claim<F> | undefined {
    for (const active of this.#active) {
      const fault = choose(active.rule);
      if (!fault) continue;
      active.left -= 1;
      if (active.left <= 0) this.#active.delete(active);
      return { fault, hit: () => void active.hits++ };
    }
    return undefined;
  }
}

function matches(on: FaultSelector | undefined, request: FaultRequest): boolean {
  if (on === undefined) return true;
  if (typeof on === "function") return on(request);
  if (typeof on === "string") return request.path.split("?", 1)[0] === on;
  // Not `test`, which goes on where it stopped if the pattern is global.
  return request.path.search(on) >= 0;
}

function check(rule: FaultRule): void {
  for (const [name, value] of Object.entries(rule)) {
    const least = LEAST.get(name);
    if (least === undefined || typeof value !== "number") continue;
    if (!Number.isInteger(value) || value < least) {
      throw new RangeError(`${name} of a fault must be a whole number of at least ${least}, got ${value}`);
    }
  }
}
