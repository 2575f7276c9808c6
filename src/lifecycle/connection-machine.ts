import type { SignalOf, StateOf } from "./machine.ts";
import { defineMachine } from "./machine.ts";

/**
 * The life of the event stream.
 *
 * - `connect` (the first user came, or somebody asked for it) starts a stream that is not running. A stream that
 *   already runs refuses it: whoever sees it taken is the one to start the work.
 * - `attempt_failed` stays where it was, and the next attempt follows. `connecting` therefore means that this run of
 *   the stream has not been open yet, and `reconnecting` that it was open and there is a gap to close.
 * - `gave_up` (out of time, or an answer such as 401 that no retry will change) leads to `closed`. Nothing goes on by
 *   itself from there, but an explicit `connect` starts over: the password may be right this time.
 * - `released` (the last user left) leads back to `idle`, from where the next user starts it again. A `closed` stream
 *   stays closed: that nobody listens any more does not undo the failure.
 * - `disposed` is final, and a state of its own for that reason: were it `closed`, a `connect` that comes late (a
 *   prompt in flight while the client is disposed) would open a socket that nobody closes. The client's public status
 *   shows it as `closed`.
 *
 * Whether to read everything again after `opened` is a question of the mirror, not of this machine: after `released`
 * or `gave_up` the mirror is old although the stream was `connecting`.
 *
 * A connection is never restored: it is ours, and no engine knows better.
 */
export const connectionMachine = /* @__PURE__ */ defineMachine({
  name: "connection",
  initial: "idle",
  states: {
    idle: { connect: "connecting", disposed: "disposed" },
    connecting: {
      opened: "open",
      attempt_failed: "connecting",
      gave_up: "closed",
      released: "idle",
      disposed: "disposed",
    },
    open: { dropped: "reconnecting", released: "idle", disposed: "disposed" },
    reconnecting: {
      opened: "open",
      attempt_failed: "reconnecting",
      gave_up: "closed",
      released: "idle",
      disposed: "disposed",
    },
    closed: { connect: "connecting", disposed: "disposed" },
    disposed: {},
  },
});

/** `idle` (not opened yet, or nobody listens), `connecting`, `open`, `reconnecting`, `closed` or `disposed`. */
export type ConnectionStatus = StateOf<typeof connectionMachine>;

/** What moves the event stream from one {@link ConnectionStatus} to the next. */
export type ConnectionSignal = SignalOf<typeof connectionMachine>;
