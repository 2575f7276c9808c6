import { describe, expect, it } from "vitest";
import { failWith, say, script } from "../support/scripted-model/script.ts";
import { createWorkspace } from "../support/throwaway.ts";
import { useRealEngine } from "./engine.ts";

// Without a configured model the engine picks one by itself: the list has to find out which.
const real = useRealEngine({ config: { model: undefined } });

describe("the models", () => {
  it("are listed, and the default is the one that answers where none is asked for", async () => {
    const client = real.client();
    const models = await client.models.list();
    expect(models).toContainEqual({
      id: "local/scripted",
      name: "Scripted",
      provider: "local",
      isDefault: false,
      limits: { context: 200_000, output: 8_000 },
      inputs: ["text", "image"],
      reasoning: true,
      toolUse: true,
      cost: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 },
      status: "active",
      variants: ["low", "medium", "high"],
    });
    const nobody = models.find(({ id }) => id === "dead/nobody");
    expect(nobody).toMatchObject({ inputs: ["text"], reasoning: false, variants: [] });
    expect(nobody).not.toHaveProperty("limits");
    const preferred = models.filter(({ isDefault }) => isDefault);
    expect(preferred).toHaveLength(1);
    const session = await client.session.create();
    const { message } = await client.session.prompt(session, script(say("By whom?"))).result();
    expect(message?.model).toBe(preferred[0]?.id);
  });

  it("depend on the directory, and so does the default", async () => {
    await using workspace = await createWorkspace({ config: { model: "local/scripted" } });
    const client = real.client();
    const { directory: workingDirectory } = workspace;
    const models = await client.models.list({ workingDirectory });
    expect(models.filter(({ isDefault }) => isDefault).map(({ id }) => id)).toEqual(["local/scripted"]);
    expect(await real.client({ workingDirectory }).models.list()).toEqual(models);
    const session = await client.session.create({ workingDirectory });
    const { message } = await client.session.prompt(session, script(say("By whom?"))).result();
    expect(message?.model).toBe("local/scripted");
  });

  it("that do not exist are refused, and leave no trace in the session", async () => {
    const client = real.client();
    const session = await client.session.create({ model: "local/scripted" });
    const refused = client.session.prompt(session, "Never asked", { model: "local/nope" });
    await expect(refused.text()).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringMatching(/"local\/nope": there are .*local\/scripted/),
    });
    expect(await client.session.messages(session)).toEqual([]);
    expect(await client.session.get(session)).toMatchObject({ model: "local/scripted", status: "idle" });
    const { message } = await client.session.prompt(session, script(say("As before."))).result();
    expect(message).toMatchObject({ model: "local/scripted", content: { text: "As before." } });
  });

  it("never show the engine's credentials", async () => {
    expect(JSON.stringify(await real.client().models.list())).not.toMatch(/apiKey|baseURL|none/);
  });
});

describe("a summary", () => {
  it("is the text that the model wrote, and the session rests afterwards", async () => {
    const client = real.client();
    await client.connect();
    const session = await client.session.create({ model: "local/scripted" });
    await client.session.prompt(session, script(say("First answer."))).text();
    const ended: string[] = [];
    client.events.subscribe((event) => {
      if (event.type === "turn_ended" && event.sessionId === session.id) ended.push(event.status);
    });
    expect(await client.session.summarize(session)).toBe("## Summary\nScripted summary.");
    await client.registry.waitFor(session, ({ status }) => status !== "running", { timeout: 10_000 });
    expect(client.registry.get(session)?.status).toBe("completed");
    expect(ended).toEqual(["completed"]);
    expect(await client.session.prompt(session, script(say("And on."))).text()).toBe("And on.");
  });

  it("uses the engine's default where the session has no model", async () => {
    const client = real.client();
    const session = await client.session.create();
    await client.message.create(session, "Something to summarize.");
    expect(await client.session.summarize(session)).toContain("Scripted summary.");
  });

  it("of nothing is refused, and says why", async () => {
    const client = real.client();
    const session = await client.session.create();
    await expect(client.session.summarize(session)).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining("nothing to summarize"),
    });
    await expect(client.session.summarize("ses_nobody")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  it("that the model fails to write is the model's error", async () => {
    const client = real.client();
    const session = await client.session.create({ model: "dead/nobody" });
    await client.message.create(session, script(failWith(401)));
    const controller = new AbortController();
    const reason = new Error("enough");
    // Nothing listens there: the engine tries again and again, until the caller has had enough.
    const call = client.session.summarize(session, { signal: controller.signal });
    await client.registry.waitFor(session, ({ activity }) => activity === "retrying", { timeout: 30_000 });
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await client.registry.waitFor(session, ({ status }) => status !== "running", { timeout: 10_000 });
  });
});
