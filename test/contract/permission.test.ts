import { describe, expect, it } from "vitest";
import { itFails, meansMissing, missingRoute, plain, stage, withBody } from "./support.ts";

const least = {
  permissionId: "per_1",
  sessionId: "ses_1",
  description: "Run `ls`",
  tool: "bash",
  createdAt: 1,
};
const whole = {
  ...least,
  messageId: "msg_1",
  toolCallId: "call_1",
  patterns: ["ls -l"],
  sessionPatterns: ["ls *"],
  diff: [{ path: "a.ts", status: "modified", additions: 1, deletions: 0, patch: "+a" }],
  options: ["allow", "deny"],
};

/** A session whose tool asks for permission, and the request. */
async function asking() {
  const given = stage({ script: () => [{ tool: "bash", ask: { description: "Run `ls`" }, output: "a" }] });
  const session = await given.client.session.create();
  const call = given.client.session.prompt(session, "Hi");
  const events = call[Symbol.asyncIterator]();
  while (true) {
    const { done, value } = await events.next();
    if (done) throw new Error("It did not ask.");
    if (value.type === "permission_requested") return { ...given, session, call, request: value };
  }
}

describe("GET /v1/permission", () => {
  it("reads the requests that wait for an answer", async () => {
    const { client, request, session, sent } = await asking();
    const { type: _, ...asked } = request;
    expect(asked).toMatchObject({ sessionId: session.id, tool: "bash", description: "Run `ls`" });
    expect(await client.permissions.list()).toEqual([asked]);
    expect(sent("listPermissions").at(-1)).toEqual(plain("GET", "/v1/permission"));
  });

  it("takes every field; null is missing, and what is not known is left out", async () => {
    const { client, answer } = stage();
    const nulls = {
      messageId: null,
      toolCallId: null,
      patterns: null,
      sessionPatterns: null,
      diff: null,
      options: null,
    };
    answer("listPermissions", () => Response.json([whole, { ...least, ...nulls, urgency: 5 }]));
    expect(await client.permissions.list()).toEqual([whole, least]);
  });

  it.each(missingRoute)(
    "is UNSUPPORTED when it is answered with %s, and sessions can be read",
    async (_, make) => {
      const { client, answer } = stage();
      answer("listPermissions", make);
      await expect(client.permissions.list()).rejects.toMatchObject({ code: "UNSUPPORTED" });
      const session = await client.session.create();
      expect(await client.session.get(session)).toMatchObject({ id: session.id });
      expect(await client.session.prompt(session, "Hi").text()).toBe("Mock answer.");
    },
  );

  itFails("listPermissions", { call: (client) => client.permissions.list(), except: meansMissing });
});

describe("POST /v1/permission/:id", () => {
  it.each([
    ["allow", undefined, "success"],
    ["allow_session", undefined, "success"],
    ["deny", "Not now.", "error"],
  ] as const)("answers %s", async (decision, message, status) => {
    const { client, request, call, sent, engine } = await asking();
    await client.permissions.reply(request, decision, { message });
    expect(sent("replyPermission")).toEqual([
      withBody("POST", `/v1/permission/${request.permissionId}`, {
        decision,
        ...(message === undefined ? {} : { message }),
      }),
    ]);
    expect(engine.calls).toContain(`reply ${request.permissionId} ${decision}`);
    expect((await call.settled()).toolCalls).toMatchObject([{ status }]);
    expect(await client.permissions.list()).toEqual([]);
  });

  it("takes the id alone, and puts it into the path as it must be written there", async () => {
    const { client, answer, sent } = stage();
    answer("replyPermission", () => new Response(null, { status: 204 }));
    await client.permissions.reply("per/1 ?", "allow");
    expect(sent("replyPermission")).toEqual([
      withBody("POST", "/v1/permission/per%2F1%20%3F", { decision: "allow" }),
    ]);
  });

  it("refuses to answer what was answered: PERMISSION_NOT_FOUND", async () => {
    const { client, request } = await asking();
    await client.permissions.reply(request, "allow");
    await expect(client.permissions.reply(request, "allow")).rejects.toMatchObject({
      code: "PERMISSION_NOT_FOUND",
      message: expect.stringContaining(request.permissionId),
    });
  });

  it("is what is sent when nobody is there to answer: the request is denied at once", async () => {
    const { client, sent } = stage({ script: () => [{ tool: "bash", ask: { description: "Run" } }] });
    const session = await client.session.create();
    const { toolCalls } = await client.session.prompt(session, "Hi").settled();
    expect(toolCalls).toMatchObject([{ status: "error" }]);
    expect(sent("replyPermission").map(({ body }) => body)).toEqual([
      { decision: "deny", message: expect.any(String) },
    ]);
  });

  it("is what is sent when a policy decides", async () => {
    const ask = (...patterns: string[]) => ({ tool: "bash", ask: { description: "Run", patterns } });
    const { client, sent } = stage({
      script: () => [ask("ls"), ask("rm x")],
      client: {
        permissionPolicy: [
          { pattern: "ls *", decision: "allow_session" },
          { decision: "deny", message: "No." },
        ],
      },
    });
    const session = await client.session.create();
    const { toolCalls } = await client.session.prompt(session, "Hi").settled();
    expect(toolCalls.map(({ status }) => status)).toEqual(["success", "error"]);
    expect(sent("replyPermission").map(({ body }) => body)).toEqual([
      { decision: "allow_session" },
      { decision: "deny", message: "No." },
    ]);
    expect(client.permissions.decisions().map(({ by }) => by)).toEqual(["rule", "rule"]);
  });

  it.each(missingRoute)("is UNSUPPORTED when it is answered with %s", async (_, make) => {
    const { client, answer } = stage();
    answer("replyPermission", make);
    await expect(client.permissions.reply("per_1", "allow")).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });

  itFails("replyPermission", {
    call: (client) => client.permissions.reply("per_1", "allow"),
    // Nothing is due, so an empty body is as good as 204, and what JSON says does not matter.
    except: [...meansMissing, "an empty body", "another shape"],
  });
});
