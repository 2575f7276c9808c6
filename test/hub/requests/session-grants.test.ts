import { describe, expect, it } from "vitest";
import type { PermissionRequest } from "../../../src/engine/permission.ts";
import type { PromptEvent } from "../../../src/engine/prompt-events.ts";
import type { MockEngine } from "../../../src/testing/mock-engine.ts";
import { clientOf, idle, next, settle, stage, until } from "../support.ts";

const replies = (engine: MockEngine) => engine.calls.filter((call) => call.startsWith("reply"));

function request(permissionId: string, sessionId: string, ...patterns: string[]): PermissionRequest {
  return { permissionId, sessionId, patterns, tool: "bash", description: "Run it", createdAt: 1 };
}

/** A turn that goes on, and somebody who answers what he is shown. */
async function scene() {
  const { engine, client, session } = await stage(idle);
  const shown: PromptEvent[] = [];
  const call = client.session.prompt(session, "Hi");
  const reading = (async () => {
    for await (const event of call) if (event.type === "permission_requested") shown.push(event);
  })();
  await call;
  const ask = (asked: PermissionRequest) => engine.emit({ type: "permission_requested", request: asked });
  return { engine, client, session, call, reading, shown, ask };
}

describe("what was allowed for a session", () => {
  it("is allowed in the turn that runs, and nobody is asked again", async () => {
    const { engine, client, session, shown, ask } = await scene();
    ask({ ...request("per_1", session.id, "git log"), sessionPatterns: ["git *"] });
    ask(request("per_2", session.id, "git status", "git diff"));
    ask(request("per_3", session.id, "git status", "rm x"));
    ask({ ...request("per_4", session.id, "git log"), tool: "edit" });
    await until(() => shown.length === 4);
    await client.permissions.reply("per_1", "allow_session");
    await until(() => replies(engine).length === 2);
    ask(request("per_5", session.id, "git fetch"));
    ask(request("per_6", session.id, "make"));
    await until(() => replies(engine).length === 3);
    await settle();
    expect(replies(engine)).toEqual(["reply per_1 allow_session", "reply per_2 allow", "reply per_5 allow"]);
    expect(shown.at(-1)).toMatchObject({ permissionId: "per_6" });
    expect(shown).toHaveLength(5);
    // He was shown it before, and answers it now: to allow it is what happened, to deny it comes too late.
    await client.permissions.reply("per_2", "allow");
    await client.permissions.reply("per_2", "allow_session");
    await expect(client.permissions.reply("per_2", "deny")).rejects.toMatchObject({
      code: "PERMISSION_NOT_FOUND",
    });
    await expect(client.permissions.reply("per_1", "allow")).rejects.toMatchObject({
      code: "PERMISSION_NOT_FOUND",
    });
    const decided = client.permissions.decisions().map(({ permissionId, by }) => `${permissionId} ${by}`);
    expect(decided).toEqual(["per_1 person", "per_2 session", "per_5 session"]);
  });

  it("is allowed to its subagents, and to no other session", async () => {
    const { engine, client, session, ask } = await scene();
    const child = { id: "ses_child", title: "", parentId: session.id, createdAt: 1, updatedAt: 1 };
    engine.emit({ type: "session_created", session: child });
    engine.emit({ type: "session_created", session: { ...child, id: "ses_grandchild", parentId: child.id } });
    engine.emit({ type: "session_created", session: { ...child, id: "ses_other", parentId: undefined } });
    ask(request("per_0", "ses_other", "ls"));
    ask(request("per_1", session.id, "ls"));
    await client.permissions.reply("per_1", "allow_session");
    ask(request("per_2", "ses_grandchild", "ls"));
    ask(request("per_3", "ses_other", "ls"));
    await until(() => replies(engine).length === 2);
    await settle();
    expect(replies(engine)).toEqual(["reply per_1 allow_session", "reply per_2 allow"]);
  });

  it("is forgotten with the end of the turn: then it is for the engine to know", async () => {
    const { engine, client, session, call, reading, ask } = await scene();
    ask(request("per_1", session.id, "ls"));
    await client.permissions.reply("per_1", "allow_session");
    await call.abort();
    await reading;
    const again = await client.session.prompt(session, "Hi");
    const asked = next(client, "permission_requested");
    const events = again[Symbol.asyncIterator]();
    ask(request("per_2", session.id, "ls"));
    expect(await asked).toMatchObject({ permissionId: "per_2" });
    expect(await events.next()).toMatchObject({ value: { permissionId: "per_2" } });
    await settle();
    expect(replies(engine)).toEqual(["reply per_1 allow_session"]);
  });

  it("is kept in mind by a client that was not listening, and knows the request by its id alone", async () => {
    const { engine, session, ask } = await scene();
    const other = clientOf(engine);
    ask({ ...request("per_1", session.id, "git log"), sessionPatterns: ["git *"] });
    await settle();
    await other.permissions.reply("per_1", "allow_session");
    await until(() => other.events.status.state === "open");
    ask(request("per_2", session.id, "git diff"));
    await next(other, "permission_resolved");
    expect(replies(engine)).toEqual(["reply per_1 allow_session", "reply per_2 allow"]);
  });
});
