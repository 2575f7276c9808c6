/**
 * A table of states: for each state the signals that it takes, and the state that each leads to. A state with an
 * empty row is final.
 */
export type Transitions<State extends string> = Readonly<Record<State, Readonly<Record<string, State>>>>;

/** The states of a table. */
export type StateIn<Table> = keyof Table & string;
/** The signals of a table. */
export type SignalIn<Table> = { [State in keyof Table]: keyof Table[State] }[keyof Table] & string;

/** What became of a signal. `state` is always the state to go on with: the next one, or the old one unchanged. */
export type TransitionResult<State extends string> =
  | { readonly ok: true; readonly state: State }
  | { readonly ok: false; readonly state: State; readonly reason: string };

/** What {@link defineMachine} makes a machine from. */
export interface MachineDefinition<Table> {
  /** Names the machine in reasons, such as `session`. */
  readonly name: string;
  readonly initial: NoInfer<StateIn<Table>>;
  /** The signal that brings any state to any other (a snapshot, history). Without it nothing can be restored. */
  readonly restoredBy?: string | undefined;
  readonly states: Table;
}

/** A state machine that holds no state: it tells which states there are and what leads from one to the next. */
export interface Machine<Table> {
  readonly name: string;
  readonly initial: StateIn<Table>;
  readonly states: readonly StateIn<Table>[];
  readonly signals: readonly SignalIn<Table>[];
  /** The table itself, as it was written. */
  readonly table: Table;
  isState(value: unknown): value is StateIn<Table>;
  isSignal(value: unknown): value is SignalIn<Table>;
  can(state: StateIn<Table>, signal: SignalIn<Table>): boolean;
  /**
   * The next state, for a pair known when the code is written: an impossible one does not compile. Where `state` is
   * a union, only signals that each of its members takes do. Untyped code that asks for an impossible pair anyway
   * gets `state` back.
   */
  transition<State extends StateIn<Table>, Signal extends keyof Table[State] & string>(
    state: State,
    signal: Signal,
  ): Table[State][Signal];
  /** The next state, or why there is none, for pairs known at run time only. Never throws, whatever it is given. */
  tryTransition(state: StateIn<Table>, signal: SignalIn<Table>): TransitionResult<StateIn<Table>>;
  /**
   * The state that a snapshot or history tells of, whatever the state was before; `undefined` for a word that is no
   * state, and always for a machine without `restoredBy`. Never throws.
   */
  restore(state: unknown): StateIn<Table> | undefined;
  /** The table as a Mermaid `stateDiagram-v2`. */
  diagram(): string;
}

/** The states of a machine: `StateOf<typeof sessionMachine>`. */
export type StateOf<M> = M extends Machine<infer Table> ? StateIn<Table> : never;

/** The signals of a machine: `SignalOf<typeof sessionMachine>`. */
export type SignalOf<M> = M extends Machine<infer Table> ? SignalIn<Table> : never;

/**
 * Makes a typed machine from a table, which is the only source of the run-time check, the types and the diagram.
 *
 * ```ts
 * import { defineMachine } from "./machine.ts";
 *
 * const door = defineMachine({
 *   name: "door",
 *   initial: "shut",
 *   states: { shut: { push: "open" }, open: { pull: "shut" } },
 * });
 * door.transition("shut", "push"); // "open", also as a type
 * door.transition("shut", "pull"); // does not compile
 * door.tryTransition("shut", "pull"); // { ok: false, state: "shut", reason: … }
 * ```
 */
export function defineMachine<const Table extends Transitions<StateIn<Table>>>(
  definition: MachineDefinition<Table>,
): Machine<Table> {
  type State = StateIn<Table>;
  type Signal = SignalIn<Table>;
  const { name, initial, restoredBy, states: table } = definition;

  // Maps, because a plain object has rows that nobody wrote ("constructor", "__proto__") and chokes on odd keys.
  const rows = new Map<unknown, ReadonlyMap<unknown, State>>(
    Object.entries<Readonly<Record<string, State>>>(table).map(([state, row]) => [
      state,
      new Map(Object.entries(row)),
    ]),
  );
  const words = new Set<unknown>([...rows.values()].flatMap((row) => [...row.keys()]));

  const isState = (value: unknown): value is State => rows.has(value);
  const isSignal = (value: unknown): value is Signal => words.has(value);
  const next = (state: unknown, signal: unknown) => rows.get(state)?.get(signal);

  const whyNot = (state: unknown, signal: unknown): string => {
    const row = rows.get(state);
    const why = !row ? "is no state" : row.size ? `takes only ${[...row.keys()].join(", ")}` : "is final";
    return `${name}: ${quote(signal)} refused, ${quote(state)} ${why}`;
  };

  return {
    name,
    initial,
    states: [...rows.keys()].filter(isState),
    signals: [...words].filter(isSignal),
    table,
    isState,
    isSignal,
    can: (state, signal) => next(state, signal) !== undefined,
    transition: <From extends State, By extends keyof Table[From] & string>(state: From, signal: By) =>
      // The map has forgotten which row a state came from; the signature has not.
      (next(state, signal) ?? state) as Table[From][By],
    tryTransition(state, signal) {
      const to = next(state, signal);
      return to === undefined ? { ok: false, state, reason: whyNot(state, signal) } : { ok: true, state: to };
    },
    restore: (state) => (restoredBy && isState(state) ? state : undefined),
    diagram() {
      const lines = ["stateDiagram-v2", `[*] --> ${initial}`];
      for (const [state, row] of rows) {
        // One arrow per pair of states, for several loops on one state lie on top of each other.
        for (const to of new Set(row.values())) {
          const signals = [...row.keys()].filter((signal) => row.get(signal) === to);
          lines.push(`${state} --> ${to} : ${signals.join(", ")}`);
        }
        if (!row.size) lines.push(`${state} --> [*]`);
      }
      if (restoredBy) {
        lines.push('state "any state" as any_state');
        for (const state of rows.keys()) lines.push(`any_state --> ${state} : ${restoredBy}(${state})`);
      }
      return lines.join("\n  ");
    },
  };
}

// A wire may put anything here, of any length.
function quote(word: unknown): string {
  return typeof word === "string" ? `"${word.slice(0, 40)}"` : typeof word;
}
