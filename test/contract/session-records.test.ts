import { describe, expect, it } from "vitest";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import { itFails, itIsAnnounced, meansMissing, offers, plain, stage } from "./support.ts";

describe("GET /v1/session/:id/todo", () => {
  const call = (client: ManagedEngineClient) => client.session.todo("ses_1");
  const todos = [
    { content: "Read", status: "completed", priority: "high" },
    { content: "Write", status: "in_progress", priority: "low" },
  ];

  it("reads the list that the agent works through", async () => {
    const { client, sent } = stage({ script: () => [{ todo: todos }] });
    const { id } = await client.session.create();
    expect(await client.session.todo(id)).toEqual([]);
    await client.session.prompt(id, "Hi").result();
    expect(await client.session.todo(id)).toEqual(todos);
    expect(sent("todo").at(-1)).toEqual(plain("GET", `/v1/session/${id}/todo`));
  });

  it("takes states that are not known, and leaves out fields that are not", async () => {
    const { client, answer } = stage();
    const todo = { content: "Fly", status: "dreaming", priority: "" };
    answer("todo", () => Response.json([{ ...todo, id: "1" }]));
    expect(await call(client)).toEqual([todo]);
  });

  it("refused with 404: SESSION_NOT_FOUND", async () => {
    const { client } = stage();
    await expect(client.session.todo("none")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  itIsAnnounced("todo", { call });
  itFails("todo", { call, except: meansMissing });
});

describe("GET /v1/session/:id/diff", () => {
  const call = (client: ManagedEngineClient) => client.session.diff("ses_1");

  it.each([
    ["the newest turn", undefined, {}],
    ["the turn of a message", "msg_1", { messageId: "msg_1" }],
  ])("reads what changed in %s", async (_, messageId, query) => {
    const { client, sent } = stage();
    const { id } = await client.session.create();
    expect(await client.session.diff(id, { messageId })).toEqual(offers.diff);
    expect(sent("diff")).toEqual([plain("GET", `/v1/session/${id}/diff`, query)]);
  });

  it("takes every field; null is missing, and what is not known is left out", async () => {
    const { client, answer } = stage();
    const [least] = offers.diff;
    const renamed = { ...least, status: "renamed", previousPath: "b.ts" };
    answer("diff", () =>
      Response.json([
        { ...renamed, mode: 644 },
        { ...least, previousPath: null },
      ]),
    );
    expect(await call(client)).toEqual([renamed, least]);
  });

  it("refused with 404: SESSION_NOT_FOUND", async () => {
    const { client } = stage();
    await expect(client.session.diff("none")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  itIsAnnounced("diff", { call });
  itFails("diff", { call, except: meansMissing });
});
