import type { PermissionReply } from "../../engine/driver.ts";
import { EngineError } from "../../engine/errors.ts";
import type { PermissionRequest } from "../../engine/permission.ts";
import type { Http } from "../../http.ts";
import { decodePermission } from "./decode.ts";
import { permissionsSchema, type WirePermission } from "./schema.ts";
import type { NativeSessions } from "./sessions.ts";

/** Permission requests. The engine keeps them by directory: with the wrong one a list is empty and a reply is 404. */
export class NativePermissions {
  readonly #http: Http;
  readonly #sessions: NativeSessions;

  constructor(http: Http, sessions: NativeSessions) {
    this.#http = http;
    this.#sessions = sessions;
  }

  async list(
    directories: readonly (string | undefined)[],
    signal: AbortSignal | undefined,
  ): Promise<readonly PermissionRequest[]> {
    const now = Date.now();
    return (await this.#pending(directories, signal)).map((request) => decodePermission(request, now));
  }

  async reply({ permissionId, sessionId, decision, message, signal }: PermissionReply): Promise<void> {
    const directory =
      sessionId === undefined
        ? await this.#directoryOf(permissionId, signal)
        : await this.#sessions.directoryOf(sessionId, signal);
    if (decision === "allow_session") await this.#allowFromNowOn(permissionId, directory, signal);
    const reply = decision === "deny" ? "reject" : "once";
    await this.#http.send("POST", `/permission/${encodeURIComponent(permissionId)}/reply`, {
      query: { directory },
      body: { reply, ...(message === undefined ? {} : { message }) },
      signal,
    });
  }

  /**
   * The engine's own "always" allows it in every session of the directory. A rule of the session is as wide as what
   * was asked for; it counts from the next turn on.
   */
  async #allowFromNowOn(
    permissionId: string,
    directory: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const request = (await this.#pending([directory], signal)).find(({ id }) => id === permissionId);
    if (request === undefined) throw notFound(permissionId);
    const { permission, sessionID, always = [] } = request;
    const rules = always.map((pattern) => ({ permission, pattern, action: "allow" }));
    await this.#http.send("PATCH", this.#sessions.path(sessionID), { body: { permission: rules }, signal });
  }

  async #directoryOf(permissionId: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    for (const directory of this.#sessions.directories()) {
      const pending = await this.#pending([directory], signal);
      if (pending.some(({ id }) => id === permissionId)) return directory;
    }
    throw notFound(permissionId);
  }

  async #pending(
    directories: readonly (string | undefined)[],
    signal: AbortSignal | undefined,
  ): Promise<readonly WirePermission[]> {
    const lists = await Promise.all(
      directories.map(async (directory) => {
        try {
          const query = { directory };
          return (await this.#http.json("GET", "/permission", permissionsSchema, { query, signal })).value;
        } catch (error) {
          // A directory whose configuration is broken has no requests; `/session/status` tells of it.
          if (EngineError.is(error, "CONFIG_INVALID")) return [];
          throw error;
        }
      }),
    );
    return [...new Map(lists.flat().map((request) => [request.id, request])).values()];
  }
}

function notFound(permissionId: string): EngineError {
  return new EngineError(
    "PERMISSION_NOT_FOUND",
    `No permission request ${permissionId} waits for an answer: it was answered already, or its turn is over.`,
    { engine: "opencode" },
  );
}
