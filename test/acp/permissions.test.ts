import { describe, expect, it } from "vitest";
import { steps } from "./script.ts";
import { run, useFake } from "./support.ts";

const once = { optionId: "o1", name: "Once", kind: "allow_once" };
const always = { optionId: "o2", name: "Always", kind: "allow_always" };
const no = { optionId: "o3", name: "No", kind: "reject_once" };
const never = { optionId: "o4", name: "Never", kind: "reject_always" };
const toolCall = { toolCallId: "c1", title: "ls", kind: "execute", rawInput: { command: "ls" } };
const asking = (options: readonly object[], call: object = toolCall) =>
  steps({ ask: "session/request_permission", params: { toolCall: call, options } }, { text: "After." });

const selected = (optionId: string) => `{"outcome":{"outcome":"selected","optionId":"${optionId}"}}\nAfter.`;
const withdrawn = '{"outcome":{"outcome":"cancelled"}}\nAfter.';

describe("what an agent asks", () => {
  it.each([
    ["allow", [once, always, no], "o1"],
    ["allow_session", [once, always, no, never], "o2"],
    ["deny", [once, never, no], "o3"],
    ["deny", [once, never], "o4"],
  ] as const)("is answered %s by the option for it, of %j", async (decision, options, optionId) => {
    const { client } = await useFake();
    const session = await client.session.create();
    const { result } = await run(client, session, asking(options), decision);
    expect(result).toMatchObject({ status: "completed", text: selected(optionId) });
  });

  it("can be denied also where it offers nothing like it: the question is withdrawn", async () => {
    const { client } = await useFake();
    const session = await client.session.create();
    const { result, events } = await run(client, session, asking([once]), "deny");
    expect(result.text).toBe(withdrawn);
    expect(events).toContainEqual(expect.objectContaining({ options: ["allow", "deny"] }));
  });

  it("is not answered with what it does not offer", async () => {
    const { client } = await useFake();
    const session = await client.session.create();
    const call = client.session.prompt(session, asking([always, no]));
    for await (const event of call) {
      if (event.type !== "permission_requested") continue;
      expect(event).toMatchObject({
        options: ["allow_session", "deny"],
        description: "Run `ls`",
        patterns: ["ls"],
      });
      expect(await client.permissions.list()).toMatchObject([{ permissionId: event.permissionId }]);
      const reply = client.permissions.reply(event, "allow");
      await expect(reply).rejects.toMatchObject({ code: "INVALID_REQUEST" });
      await client.permissions.reply(event, "deny");
      const late = client.permissions.reply(event, "deny");
      await expect(late).rejects.toMatchObject({ code: "PERMISSION_NOT_FOUND" });
    }
    expect(await call.text()).toBe(selected("o3"));
  });

  it("is denied where nobody listens, and by a policy where there is one", async () => {
    const { client } = await useFake();
    const session = await client.session.create();
    expect(await client.session.prompt(session, asking([once, no])).text()).toBe(selected("o3"));
    const permissionPolicy = [{ tool: "execute", pattern: "ls", decision: "allow" }] as const;
    const call = client.session.prompt(session, asking([once, no]), { permissionPolicy });
    expect(await call.text()).toBe(selected("o1"));
  });

  it("shows the change of an edit", async () => {
    const { client } = await useFake();
    const session = await client.session.create();
    const edit = {
      toolCallId: "c2",
      title: "Edit a.txt",
      kind: "edit",
      locations: [{ path: "/w/a.txt" }],
      content: [{ type: "diff", path: "/w/a.txt", oldText: null, newText: "new\n" }],
    };
    const { events } = await run(client, session, asking([once, no], edit));
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "permission_requested",
        description: "Edit a.txt",
        tool: "edit",
        toolCallId: "c2",
        patterns: ["/w/a.txt"],
        diff: [expect.objectContaining({ path: "/w/a.txt", status: "added", additions: 1 })],
      }),
    );
  });

  it("is withdrawn when the turn is aborted, and a turn that a denial ended is rejected", async () => {
    const { client } = await useFake();
    const session = await client.session.create();
    const ask = { ask: "session/request_permission", params: { toolCall, options: [once, no] } };
    const call = client.session.prompt(session, steps(ask, { hang: true }));
    for await (const event of call) if (event.type === "permission_requested") await call.abort();
    expect(await call.settled()).toMatchObject({ status: "aborted" });
    expect(await client.permissions.list()).toEqual([]);
  });
});
