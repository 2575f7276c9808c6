import type { DriverReport } from "../../engine/driver.ts";
import type { PermissionReply } from "../../engine/driver-requests.ts";
import { EngineError } from "../../engine/errors.ts";
import type { PermissionRequest } from "../../engine/permission.ts";
import type { Http } from "../../http.ts";
import { decodePermission } from "./decode-permission.ts";
import { PendingRequests } from "./pending-requests.ts";
import type { SessionRules } from "./rules/session-rules.ts";
import { permissionsSchema, type WirePermission } from "./schema/requests.ts";
import type { NativeSessions } from "./sessions.ts";

/** What tools ask before they run. */
export class NativePermissions {
  readonly #http: Http;
  readonly #report: DriverReport;
  readonly #rules: SessionRules;
  readonly #pending: PendingRequests<WirePermission>;

  constructor(http: Http, sessions: NativeSessions, rules: SessionRules, report: DriverReport) {
    this.#http = http;
    this.#report = report;
    this.#rules = rules;
    this.#pending = new PendingRequests(http, sessions, "/permission", permissionsSchema);
  }

  /** `undefined`: the engine can't list them. */
  async list(
    directories: readonly (string | undefined)[],
    signal: AbortSignal | undefined,
  ): Promise<readonly PermissionRequest[] | undefined> {
    const now = Date.now();
    const waiting = await this.#pending.waiting(directories, signal);
    return waiting?.map((request) => decodePermission(request, now));
  }

  async reply({ permissionId, sessionId, decision, message, signal }: PermissionReply): Promise<void> {
    const found = await this.#pending.find(permissionId, sessionId, signal);
    if (found === undefined) throw notFound(permissionId);
    // First the rule, which counts from the next turn on: once it is answered nobody could try again.
    if (decision === "allow_session") await this.#allowFromNowOn(found.request, sessionId, signal);
    const reply = decision === "deny" ? "reject" : "once";
    const query = { directory: found.directory };
    const body = { reply, ...(message === undefined ? {} : { message }) };
    try {
      await this.#http.send("POST", `/permission/${encodeURIComponent(permissionId)}/reply`, {
        query,
        body,
        signal,
      });
    } catch (error) {
      throw EngineError.is(error, "PERMISSION_NOT_FOUND") ? notFound(permissionId) : error;
    }
  }

  /** The engine's own "always" allows it in every session of the directory. */
  async #allowFromNowOn(
    request: WirePermission | undefined,
    sessionId: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { permission = "", sessionID = sessionId, always = [] } = request ?? {};
    const rules = always.map((pattern) => ({ permission, pattern, action: "allow" }) as const);
    if (request !== undefined && (await this.#rules.add(request.sessionID, rules, signal))) return;
    const message =
      request === undefined
        ? "OpenCode can't list what its tools ask just now, so that it is not known what to allow for the session: its next turn asks again."
        : "This release of OpenCode does not keep what is allowed for a session: its next turn asks again. A newer one keeps it.";
    this.#report.diagnostic({ level: "warning", code: "rules_not_kept", message, sessionId: sessionID });
  }
}

function notFound(permissionId: string): EngineError {
  return new EngineError(
    "PERMISSION_NOT_FOUND",
    `No permission request ${permissionId} waits for an answer: it was answered already, or its turn is over.`,
    { engine: "opencode" },
  );
}
