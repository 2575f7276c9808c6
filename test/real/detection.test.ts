import { EngineError } from "@quantumreef/engine-client";
import { describe, expect, it } from "vitest";
import { olderEngineBinary, olderRelease } from "../support/older-engine.ts";
import { callTool, nextStep, say, script } from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";
import { collect, foldPrompt } from "./fold.ts";

describe("the installed release, behind a password", () => {
  const real = useRealEngine({ server: { env: { OPENCODE_SERVER_PASSWORD: "s3cret word" } } });
  const inAddress = () => real.engine.url.replace("://", "://opencode:s3cret%20word@");
  const basic = (password: string) => ({ authorization: `Basic ${btoa(`opencode:${password}`)}` });

  it("is recognised with credentials in the address, and answers", async () => {
    const client = real.client({ baseUrl: inAddress() });
    await client.connect();
    expect(client.version).toMatch(/^\d+\.\d+\.\d+$/);
    const session = await client.session.create();
    expect(await client.session.prompt(session, script(say("Let in."))).text()).toBe("Let in.");
  });

  it("is recognised with credentials in the headers, also when it is told what to expect", async () => {
    const client = real.client({ headers: basic("s3cret word"), protocol: "native" });
    expect(await client.health()).toMatchObject({ ok: true });
    const session = await client.session.create();
    expect(await client.session.prompt(session, script(say("Let in."))).text()).toBe("Let in.");
  });

  it.each([
    ["no password", {}],
    ["a wrong password", basic("guess")],
  ])("refuses %s at once, in calls, prompts and events", async (_name, headers) => {
    const client = real.client({ headers });
    const refused = (error: unknown) =>
      EngineError.is(error, "AUTH_REQUIRED") && !error.message.includes("guess");
    await expect(client.session.list()).rejects.toSatisfy(refused);
    await expect(client.session.prompt("ses_1", "Hello").text()).rejects.toSatisfy(refused);
    await expect(client.connect()).rejects.toSatisfy(refused);
    await expect(client.events.stream()[Symbol.asyncIterator]().next()).rejects.toSatisfy(refused);
    expect(client.version).toBe("unknown");
  });

  it("is not taken for one of /v1, however it is asked", async () => {
    const client = real.client({ headers: basic("s3cret word"), protocol: "v1" });
    await expect(client.session.list()).rejects.toMatchObject({ code: "INVALID_RESPONSE" });
  });
});

const binary = olderEngineBinary();

describe.skipIf(binary === undefined)(
  `an older release, ${olderRelease} (left out where it has no program for this platform)`,
  () => {
    const real = useRealEngine({
      ...(binary === undefined ? {} : { server: { binary } }),
      config: { permission: { bash: "ask" } },
    });

    it("is recognised by itself", async () => {
      const client = real.client();
      expect(await client.health()).toMatchObject({ ok: true });
      expect(client.version).toBe(olderRelease);
    });

    it("streams a turn whose events fold to what it keeps, and lists the session", async () => {
      const client = real.client();
      await client.connect();
      const session = await client.session.create({ title: "Old" });
      const call = client.session.prompt(session, script(say("One two three. "), "go"));
      const events = await collect(call);
      // That release takes the space at the end back when the part is done: what was shown of it is reset.
      expect(foldPrompt(events).text).toBe("One two three.");
      expect(events.filter(({ type }) => type === "text_delta").length).toBeGreaterThan(1);
      expect(await call.settled()).toMatchObject({ status: "completed", text: "One two three." });
      expect((await client.session.messages(session)).at(-1)?.content.text).toBe("One two three.");
      expect(await client.session.list()).toContainEqual(expect.objectContaining({ id: session.id }));
      expect(client.registry.get(session)).toMatchObject({ title: "Old", status: "completed" });
    });

    it("lists, changes, forks and deletes sessions; it keeps no stars", async () => {
      const client = real.client();
      const title = "Of an older release";
      const made = [await client.session.create({ title }), await client.session.create({ title })];
      const [session = ""] = made;
      const found = async () => (await client.session.list({ search: title.toUpperCase() })).length;
      expect(await found()).toBe(2);
      expect(await client.session.update(session, { title: "New" })).toMatchObject({ title: "New" });
      await expect(client.session.update(session, { starred: true })).rejects.toMatchObject({
        code: "UNSUPPORTED",
      });
      expect(await client.session.fork(session)).toMatchObject({ title: "New (fork #1)" });
      expect(await client.session.update(session, { archived: true })).toMatchObject({ archived: true });
      await client.session.delete(session);
      await expect(client.session.delete(session)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
      expect(await found()).toBe(1);
      expect(await client.questions.list()).toEqual([]);
    });

    it("asks for permission, and runs the tool when it is allowed", async () => {
      const client = real.client();
      const session = await client.session.create();
      const prompt = script(
        callTool("bash", { command: "echo hi", description: "Say hi" }),
        nextStep(),
        say("Done."),
      );
      const call = client.session.prompt(session, prompt);
      for await (const event of call) {
        if (event.type === "permission_requested") await client.permissions.reply(event, "allow");
      }
      const { text, toolCalls } = await call.result();
      expect(text).toBe("Done.");
      expect(toolCalls).toMatchObject([{ name: "bash", status: "success", output: "hi\n" }]);
    });

    it("turns no tool off rather than lose the session's rules, and says what it does not keep", async () => {
      const client = real.client();
      const session = await client.session.create({ reviewEdits: true });
      const file = real.engine.workspace.path("old.txt");
      const prompt = script(
        callTool("bash", { command: "echo hi", description: "Say hi" }),
        nextStep(),
        callTool("write", { filePath: file, content: "old\n" }),
        nextStep(),
        say("Done."),
      );
      const off = client.session.prompt(session, prompt, { tools: { bash: false } });
      await expect(off.text()).rejects.toMatchObject({ code: "UNSUPPORTED" });
      const asked: string[] = [];
      const call = client.session.prompt(session, prompt);
      for await (const event of call) {
        if (event.type !== "permission_requested") continue;
        asked.push(event.tool);
        await client.permissions.reply(event, "allow_session");
      }
      expect((await call.result()).text).toBe("Done.");
      expect(asked).toEqual(["bash", "edit"]);
      const told = real.diagnostics.filter(({ code }) => code === "rules_not_kept");
      expect(told).toHaveLength(2);
    });
  },
);
