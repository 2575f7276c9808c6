import type { SignalOf, StateOf } from "./machine.ts";
import { defineMachine } from "./machine.ts";

/**
 * The life of a session, seen from its prompts.
 *
 * The signals tell how a turn went, not what the engine happened to send: an engine may report an error and answer
 * all the same, or say twice that it is idle. `prompt_started` in `running` is a prompt that joins or follows the
 * turn; `prompt_superseded` ends one prompt while another goes on with its turn. A session ends as `error` after
 * `prompt_failed` and after `prompt_lost` (the engine went away and nobody knows how the turn ended); an abort and a
 * denied permission are no failures and leave it `idle`. No state is final: the next prompt runs it again.
 *
 * Snapshots and history restore any state (`sessionMachine.restore`), for there the engine has the last word.
 */
export const sessionMachine = /* @__PURE__ */ defineMachine({
  name: "session",
  initial: "idle",
  restoredBy: "restored",
  states: {
    idle: { prompt_started: "running" },
    running: {
      prompt_started: "running",
      prompt_completed: "completed",
      prompt_failed: "error",
      prompt_aborted: "idle",
      prompt_rejected: "idle",
      prompt_superseded: "running",
      prompt_lost: "error",
    },
    completed: { prompt_started: "running" },
    error: { prompt_started: "running" },
  },
});

/** `idle`, `running`, `completed` (the last turn has its answer) or `error` (the last turn failed or was lost). */
export type SessionStatus = StateOf<typeof sessionMachine>;

/** What moves a session from one {@link SessionStatus} to the next. */
export type SessionSignal = SignalOf<typeof sessionMachine>;
