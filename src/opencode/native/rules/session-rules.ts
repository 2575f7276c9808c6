import { EngineError } from "../../../engine/errors.ts";
import type { Http } from "../../../http.ts";
import { insist } from "../../../hub/insist.ts";
import type { NativeSessions } from "../sessions.ts";
import { type Composition, compose, isInForce, noteOf, readComposition } from "./composition.ts";
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
 * missing. All of this is kept by the engine: other clients and later runs find it.
 */
export class SessionRules {
  readonly #http: Http;
  readonly #sessions: NativeSessions;

  constructor(http: Http, sessions: NativeSessions) {
    this.#http = http;
    this.#sessions = sessions;
  }

  /** Adds what is not in force already. It counts from the session's next turn on. */
  async add(
    sessionId: string,
    rules: readonly SessionRule[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const list = await this.#read(sessionId, signal);
    await this.#append(
      sessionId,
      rules.filter((rule) => !isInForce(rule, list)),
      signal,
    );
  }

  /**
   * Sees to it that in the next turn these tools are off and no others, and that all that lasts is in force. `replace`:
   * makes the whole list `<name> * deny`.
   * @throws EngineError `INVALID_REQUEST` for one of the editing tools alone: the engine knows but one rule for them all
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
    await insist(signal, () => replace(noteOf(sessionId, wanted)));
    await insist(signal, async (attempt) => {
      // An attempt before this one may have been taken; what is added twice would seem to last.
      if (attempt > 0 && readComposition(sessionId, await this.#read(sessionId, signal)).isWhole) return;
      await this.#append(sessionId, compose(wanted), signal);
    });
  }

  /** What lasts in a session is for its copy, too. */
  async copy(from: string, to: string, signal: AbortSignal | undefined): Promise<void> {
    await this.#append(to, readComposition(from, await this.#read(from, signal)).lasting, signal);
  }

  async #read(sessionId: string, signal: AbortSignal | undefined): Promise<readonly SessionRule[]> {
    const path = this.#sessions.path(sessionId);
    return (await this.#http.json("GET", path, ruledSessionSchema, { signal })).value.permission ?? [];
  }

  async #append(
    sessionId: string,
    permission: readonly SessionRule[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (permission.length === 0) return;
    await this.#http.send("PATCH", this.#sessions.path(sessionId), { body: { permission }, signal });
  }
}

const EDITING_TOOLS: readonly string[] = ["write", "apply_patch", "multiedit", "patch"];

function checkEditingTools(sessionId: string, off: readonly string[]): void {
  const alone = off.find((tool) => EDITING_TOOLS.includes(tool));
  if (alone === undefined || off.includes("edit")) return;
  const message = `OpenCode turns its editing tools off together, not ${alone} alone: turn "edit" off, which is all of them.`;
  throw new EngineError("INVALID_REQUEST", message, { engine: "opencode", sessionId });
}
