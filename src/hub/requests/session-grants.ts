import type { PermissionRequest } from "../../engine/permission.ts";
import { fitsWildcard } from "../../engine/wildcard.ts";
import type { EventHub } from "../event-hub.ts";
import type { Fanout } from "../fanout.ts";
import { isAtRest, type SessionStore } from "../session-store.ts";

export interface SessionGrantsContext {
  readonly hub: EventHub;
  readonly store: SessionStore;
  readonly fanout: Fanout;
}

type Grant = Pick<PermissionRequest, "sessionId" | "tool"> & { readonly patterns: readonly string[] };

/**
 * What was allowed for sessions. An engine may keep that for the turns to come only: the requests of the turn that runs,
 * and those of its subagents, are answered here until it is over.
 */
export class SessionGrants {
  readonly #context: SessionGrantsContext;
  readonly #answer: (request: PermissionRequest) => void;
  readonly #grants = new Set<Grant>();

  constructor(context: SessionGrantsContext, answer: (request: PermissionRequest) => void) {
    this.#context = context;
    this.#answer = answer;
  }

  /** Is it answered here? */
  covers({ sessionId, tool, patterns = [] }: PermissionRequest): boolean {
    if (patterns.length === 0) return false;
    for (const grant of this.#grants) {
      if (grant.tool !== tool || !this.#isOf(sessionId, grant.sessionId)) continue;
      if (patterns.every((one) => grant.patterns.some((pattern) => fitsWildcard(one, pattern)))) return true;
    }
    return false;
  }

  /** This request was allowed for its session. */
  add({ sessionId, tool, patterns = [], sessionPatterns = patterns }: PermissionRequest): void {
    const { hub, store, fanout } = this.#context;
    const grant = { sessionId, tool, patterns: sessionPatterns };
    this.#grants.add(grant);
    const release = hub.retain();
    const end = () => {
      this.#grants.delete(grant);
      leave();
      release();
    };
    const endAtRest = () => {
      if (isAtRest(store.get(sessionId))) end();
    };
    const leave = fanout.add(
      {
        next: (event) => {
          if (event.type === "permission_requested" && this.covers(event)) this.#answer(event);
          endAtRest();
        },
        end,
      },
      sessionId,
    );
    for (const request of store.permissions.values()) if (this.covers(request)) this.#answer(request);
    // Who has not listened so far does not know whether it runs.
    hub.meet(sessionId, hub.life).then(endAtRest, end);
  }

  /** Is it this session, or one that it started as a subagent, by whatever steps? */
  #isOf(sessionId: string, of: string): boolean {
    const seen = new Set<string>();
    for (let id: string | undefined = sessionId; id !== undefined && !seen.has(id); ) {
      if (id === of) return true;
      seen.add(id);
      id = this.#context.store.sessions.get(id)?.parentId;
    }
    return false;
  }
}
