import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import type { Answers } from "../hub/requests/answers.ts";
import type { DecisionLog } from "../hub/requests/decision-log.ts";
import type { SessionStore } from "../hub/session-store.ts";
import type { OptionalCalls } from "./optional.ts";

export interface RequestCallsContext {
  readonly store: SessionStore;
  readonly optional: OptionalCalls;
  readonly answers: Answers;
  readonly log: DecisionLog;
}

/** What tools ask. */
export function createPermissionCalls({
  store,
  optional,
  answers,
  log,
}: RequestCallsContext): ManagedEngineClient["permissions"] {
  return {
    list: ({ signal } = {}) =>
      optional.call("permissions", signal, (connection, scope) =>
        connection.listPermissions?.({ signal: scope }),
      ),
    reply: async (permission, decision, { signal, message } = {}) => {
      const given = typeof permission === "string" ? { permissionId: permission } : permission;
      const asked = store.permissions.get(given.permissionId) ?? given;
      await answers.permissionByPerson(asked, { decision, message }, signal);
    },
    decisions: () => log.list("permission"),
  };
}
