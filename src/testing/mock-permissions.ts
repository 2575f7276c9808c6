import type { EngineConnection } from "../engine/driver.ts";
import type { DriverEvent } from "../engine/driver-events.ts";
import { EngineError } from "../engine/errors.ts";
import type { PermissionDecision, PermissionRequest } from "../engine/permission.ts";
import type { MockMemory } from "./mock-memory.ts";

/** What the mock's tools ask before they run. */
export class MockPermissions {
  readonly #memory: MockMemory;
  readonly #emit: (event: DriverEvent) => void;
  readonly #calls: string[];
  readonly #answers = new Map<string, (decision: PermissionDecision) => void>();
  /** What was allowed for a session. */
  readonly #granted = new Set<string>();

  constructor(memory: MockMemory, emit: (event: DriverEvent) => void, calls: string[]) {
    this.#memory = memory;
    this.#emit = emit;
    this.#calls = calls;
  }

  readonly ask = async (request: PermissionRequest): Promise<PermissionDecision> => {
    if (this.#granted.has(kindOf(request))) return "allow";
    const { promise, resolve } = Promise.withResolvers<PermissionDecision>();
    this.#answers.set(request.permissionId, resolve);
    this.#emit({ type: "permission_requested", request });
    const decision = await promise;
    if (decision === "allow_session") this.#granted.add(kindOf(request));
    return decision;
  };

  /** The turn is over: what it asked and nobody answered no longer waits. */
  drop(messageId: string): void {
    for (const { permissionId, ...asked } of this.#memory.permissions()) {
      if (asked.messageId !== messageId) continue;
      this.#answers.delete(permissionId);
      this.#memory.dropPermission(permissionId);
    }
  }

  methods(): Required<Pick<EngineConnection, "listPermissions" | "replyPermission">> {
    return {
      listPermissions: async () => this.#memory.permissions(),
      replyPermission: async ({ permissionId, decision }) => {
        this.#calls.push(`reply ${permissionId} ${decision}`);
        const request = this.#memory.permissions().find((asked) => asked.permissionId === permissionId);
        if (request === undefined) {
          const message = `No permission request ${permissionId} waits for an answer.`;
          throw new EngineError("PERMISSION_NOT_FOUND", message);
        }
        const answer = this.#answers.get(permissionId);
        this.#answers.delete(permissionId);
        this.#emit({ type: "permission_resolved", permissionId, sessionId: request.sessionId, decision });
        // One that a test has told by itself stops nobody's work.
        answer?.(decision);
      },
    };
  }
}

/** The same tool for the same things, in the same session. */
function kindOf({ sessionId, tool, patterns }: PermissionRequest): string {
  return JSON.stringify([sessionId, tool, patterns]);
}
