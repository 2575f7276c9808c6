import { EngineError } from "../../../engine/errors.ts";
import type { Http } from "../../../http.ts";
import { insist } from "../../../hub/insist.ts";
import type { NativeSessions } from "../sessions.ts";
import { type Composition, compose, endsWith, isInForce, noteOf, readComposition } from "./composition.ts";
import { ruledSessionSchema, type SessionRule } from "./schema.ts";

/**
 * Every edit and write asks. The engine hands a subagent the refusals of the session that started it, and nothing else:
 * it would edit unasked. So edits are refused first, which is what subagents take over, and then made to ask.
 */
export const REVIEW_EDITS: readonly SessionRule[] = [
  { permission: "edit", pattern: "*", action: "deny" },
  { permission: "edit", pattern: "*", action: "ask" },
];

/**
 * The rules of a session: `reviewEdits`, what was allowed for the session, and the tools that are off for one prompt. The
 * engine adds to the list; it replaces it only together with a message, and then by nothing but refusals of whole
 * tools. So a list that has to lose something is first replaced by a single refusal that fits no tool and notes the new
 * list in its name, and then the new list is added. Whatever breaks off between, the next prompt reads there what is
 * missing. All of this is kept by the engine: other clients and later runs find it. Older releases add nothing, and say
 * nothing of that: it is looked at what became of it.
 */
export class SessionRules {
  readonly #http: Http;
  readonly #sessions: NativeSessions;

  constructor(http: Http, sessions: NativeSessions) {
    this.#http = http;
    this.#sessions = sessions;
  }

  /** Adds what is not in force already; it counts from the session's next turn on. `false`: this release adds nothing. */
  async add(
    sessionId: string,
    rules: readonly SessionRule[],
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const list = await this.#read(sessionId, signal);
    return this.#append(
      sessionId,
      rules.filter((rule) => !isInForce(rule, list)),
      signal,
    );
  }

  /** What lasts in a session is for its copy, too. `false`: this release adds nothing. */
  async copy(from: string, to: string, signal: AbortSignal | undefined): Promise<boolean> {
    return this.#append(to, readComposition(from, await this.#read(from, signal)).lasting, signal);
  }

  /**
   * Sees to it that in the next turn these tools are off and no others, and that all that lasts is in force. `replace`:
   * makes the whole list `<name> * deny`.
   * @throws EngineError `INVALID_REQUEST` for one of the editing tools alone: the engine knows but one rule for them all;
   *   `UNSUPPORTED` if this release adds nothing
   */
  async turnOff(
    sessionId: string,
    tools: readonly string[],
    replace: (name: string) => Promise<unknown>,
    signal: AbortSignal,
  ): Promise<void> {
    const off = [...new Set(tools)].sort();
    checkEditingTools(sessionId, off);
    const before = readComposition(sessionId, await this.#read(sessionId, signal));
    if (before.isWhole && JSON.stringify(off) === JSON.stringify(before.off)) return;
    const wanted: Composition = { lasting: before.lasting, off };
    const permission = noteOf(sessionId, wanted);
    // Before anything is lost: can it be added again?
    const note = { permission, pattern: "*", action: "deny" } as const;
    const isAdded = await insist(signal, () => this.#append(sessionId, [note], signal));
    if (!isAdded) {
      const message =
        'This release of OpenCode can\'t turn tools off for one prompt: it lacks the capability "promptTools". A newer one can.';
      throw new EngineError("UNSUPPORTED", message, { engine: "opencode", sessionId });
    }
    await insist(signal, () => replace(permission));
    await insist(signal, async (attempt) => {
      // An attempt before this one may have been taken; what is added twice would seem to last.
      if (attempt > 0 && readComposition(sessionId, await this.#read(sessionId, signal)).isWhole) return;
      await this.#append(sessionId, compose(wanted), signal);
    });
  }

  async #read(sessionId: string, signal: AbortSignal | undefined): Promise<readonly SessionRule[]> {
    const path = this.#sessions.path(sessionId);
    return (await this.#http.json("GET", path, ruledSessionSchema, { signal })).value.permission ?? [];
  }

  async #append(
    sessionId: string,
    permission: readonly SessionRule[],
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (permission.length === 0) return true;
    const path = this.#sessions.path(sessionId);
    const body = { permission };
    const { value } = await this.#http.json("PATCH", path, ruledSessionSchema, { body, signal });
    return endsWith(value.permission ?? [], permission);
  }
}

const EDITING_TOOLS: readonly string[] = ["write", "apply_patch", "multiedit", "patch"];

function checkEditingTools(sessionId: string, off: readonly string[]): void {
  const alone = off.find((tool) => EDITING_TOOLS.includes(tool));
  if (alone === undefined || off.includes("edit")) return;
  const message = `OpenCode turns its editing tools off together, not ${alone} alone: turn "edit" off, which is all of them.`;
  throw new EngineError("INVALID_REQUEST", message, { engine: "opencode", sessionId });
}
