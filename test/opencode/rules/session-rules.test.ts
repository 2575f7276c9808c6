import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EngineError } from "../../../src/engine/errors.ts";
import { createHttp } from "../../../src/http.ts";
import type { SessionRule } from "../../../src/opencode/native/rules/schema.ts";
import { REVIEW_EDITS, SessionRules } from "../../../src/opencode/native/rules/session-rules.ts";
import { NativeSessions } from "../../../src/opencode/native/sessions.ts";

/** A session as the engine keeps its rules: it adds to them (older releases do not), and replaces them by one refusal. */
function session({ adds = true } = {}) {
  let list: readonly SessionRule[] = [];
  let replaced = 0;
  const { signal } = new AbortController();
  let lost = false;
  const fetch = async (request: Request): Promise<Response> => {
    if (request.method === "PATCH" && adds) {
      list = [...list, ...(await request.json()).permission];
      if (lost && replaced > 0) {
        lost = false;
        throw new TypeError("fetch failed");
      }
    }
    return Response.json({ id: "ses_1", title: "", time: { created: 1, updated: 1 }, permission: list });
  };
  const http = createHttp({
    baseUrl: "http://engine",
    // ky calls it with a `Request`.
    fetch: (input) => fetch(input instanceof Request ? input : new Request(input)),
    timeout: 1_000,
    engine: "opencode",
    readError: () => undefined,
  });
  const rules = new SessionRules(
    http,
    new NativeSessions(http, { alive() {}, beat() {}, retryAfter() {}, diagnostic() {} }, undefined),
  );
  const replace = async (permission: string) => {
    replaced += 1;
    list = [{ permission, pattern: "*", action: "deny" }];
  };
  return {
    rules,
    get list() {
      return list;
    },
    get replaced() {
      return replaced;
    },
    /** The answer to what is added after the list was replaced gets lost. */
    loseAnswer: () => {
      lost = true;
    },
    /** Somebody else adds a rule. */
    push: (rule: SessionRule) => {
      list = [...list, rule];
    },
    turnOff: (...off: string[]) => rules.turnOff("ses_1", off, replace, signal),
    /** It breaks off before or after the list is replaced. */
    breakOff: async (isReplaced: boolean, off: readonly string[]) => {
      const gone = async (name: string) => {
        if (isReplaced) await replace(name);
        throw new EngineError("ENGINE_UNAVAILABLE", "Gone.", { retryable: false });
      };
      await rules.turnOff("ses_1", off, gone, signal).catch(() => {});
    },
    /** What the engine makes of it. */
    actionOn: (tool: string) => list.findLast(({ permission }) => permission === tool)?.action,
  };
}

const allow = (permission: string, pattern = "*"): SessionRule => ({ permission, pattern, action: "allow" });

describe("a session's rules", () => {
  it("are left alone by a prompt that turns nothing off", async () => {
    const one = session();
    await one.turnOff();
    await one.rules.add("ses_1", REVIEW_EDITS, undefined);
    await one.turnOff();
    expect(one).toMatchObject({ replaced: 0, list: REVIEW_EDITS });
  });

  it("are not added twice while they are in force, and again when they no longer are", async () => {
    const one = session();
    await one.rules.add("ses_1", [allow("bash", "ls *")], undefined);
    await one.rules.add("ses_1", [allow("bash", "ls *"), allow("bash", "git *")], undefined);
    expect(one.list).toEqual([allow("bash", "ls *"), allow("bash", "git *")]);
    one.push({ permission: "bash", pattern: "ls *", action: "ask" });
    await one.rules.add("ses_1", [allow("bash", "ls *")], undefined);
    expect(one.list.at(-1)).toEqual(allow("bash", "ls *"));
  });

  it("have what lasts before what is off, and only that when it is on again", async () => {
    const one = session();
    await one.rules.add("ses_1", [...REVIEW_EDITS, allow("bash")], undefined);
    await one.turnOff("bash", "task", "bash");
    expect(["bash", "task", "edit"].map(one.actionOn)).toEqual(["deny", "deny", "ask"]);
    await one.rules.add("ses_1", [allow("webfetch")], undefined);
    await one.turnOff("task", "bash");
    expect(one.replaced).toBe(1);
    await one.turnOff();
    expect(["bash", "task", "edit", "webfetch"].map(one.actionOn)).toEqual([
      "allow",
      undefined,
      "ask",
      "allow",
    ]);
  });

  it("are not touched where the engine would add nothing to them again", async () => {
    const one = session({ adds: false });
    expect(await one.rules.add("ses_1", [allow("bash")], undefined)).toBe(false);
    for (const rule of REVIEW_EDITS) one.push(rule);
    await expect(one.turnOff("bash")).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(one).toMatchObject({ replaced: 0, list: REVIEW_EDITS });
    await one.turnOff();
  });

  it("are added once, also when the answer to that gets lost", async () => {
    const one = session();
    await one.rules.add("ses_1", [allow("bash")], undefined);
    one.loseAnswer();
    await one.turnOff("bash");
    expect(one.list.slice(1)).toEqual([allow("bash"), { ...allow("bash"), action: "deny" }]);
  });

  it("are not those of another session, whose note a subagent has taken over", async () => {
    const [one, child] = [session(), session()];
    await one.rules.add("ses_1", [allow("bash")], undefined);
    await one.turnOff("task");
    for (const rule of one.list) {
      const permission = rule.permission.replace("ses_1", "ses_parent");
      if (rule.action === "deny") child.push({ ...rule, permission });
    }
    const before = child.list;
    await child.turnOff();
    expect(child).toMatchObject({ replaced: 0, list: before });
  });

  it("survive whatever is done and wherever it breaks off", async () => {
    const tool = fc.constantFrom("bash", "task", "webfetch");
    const tools = fc.uniqueArray(tool, { maxLength: 2 });
    const step = fc.oneof(
      fc.record({ do: fc.constant("turnOff" as const), tools }),
      fc.record({ do: fc.constant("breakOff" as const), tools, isReplaced: fc.boolean() }),
      fc.record({
        do: fc.constantFrom("add" as const, "push" as const),
        tool,
        pattern: fc.constantFrom("a *", "b"),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const one = session();
        const lasting: SessionRule[] = [...REVIEW_EDITS];
        await one.rules.add("ses_1", REVIEW_EDITS, undefined);
        for (const taken of steps) {
          if (taken.do === "turnOff") await one.turnOff(...taken.tools);
          else if (taken.do === "breakOff") await one.breakOff(taken.isReplaced, taken.tools);
          else {
            const rule = allow(taken.tool, taken.pattern);
            if (
              !lasting.some(
                ({ permission, pattern }) => permission === rule.permission && pattern === rule.pattern,
              )
            )
              lasting.push(rule);
            if (taken.do === "push") one.push(rule);
            else await one.rules.add("ses_1", [rule], undefined);
          }
        }
        await one.turnOff("todowrite");
        const [, ...list] = one.list;
        expect(list.at(-1)).toEqual({ permission: "todowrite", pattern: "*", action: "deny" });
        await one.turnOff();
        const [note, ...restored] = one.list;
        expect(note?.permission).toContain("engine-client:");
        const distinct = new Set(restored.map((rule) => JSON.stringify(rule)));
        expect(distinct).toEqual(new Set(lasting.map((rule) => JSON.stringify(rule))));
      }),
    );
  });
});
