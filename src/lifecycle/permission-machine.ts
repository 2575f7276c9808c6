import type { SignalOf, StateOf } from "./machine.ts";
import { defineMachine } from "./machine.ts";

/**
 * The life of a permission request.
 *
 * The decisions of `permissions.reply` are signals as they are: `allow`, `deny`, `allow_session`. `drop` is for a
 * request that can no longer be answered: its session went idle, its turn was aborted, its engine is gone, or a
 * resync no longer finds it. All four ends are final, so the first answer counts, whoever gives it.
 *
 * A request is never restored: after an abort OpenCode goes on listing it as pending for good, and a snapshot would
 * bring the dead one back. What a snapshot lists and nobody has seen yet is a new request.
 */
export const permissionMachine = /* @__PURE__ */ defineMachine({
  name: "permission",
  initial: "pending",
  states: {
    pending: { allow: "allowed", deny: "denied", allow_session: "allowed_session", drop: "dropped" },
    allowed: {},
    denied: {},
    allowed_session: {},
    dropped: {},
  },
});

/** `pending`, `allowed`, `denied`, `allowed_session` or `dropped`. */
export type PermissionStatus = StateOf<typeof permissionMachine>;

/** What moves a permission request from one {@link PermissionStatus} to the next. */
export type PermissionSignal = SignalOf<typeof permissionMachine>;
