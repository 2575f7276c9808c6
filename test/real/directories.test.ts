import type { EngineEvent, OpenCodeClient } from "@quantumreef/engine-client";
import { describe, expect, it } from "vitest";
import { callTool, nextStep, say, script } from "../support/scripted-model/script.ts";
import { createWorkspace } from "../support/throwaway.ts";
import { useRealEngine } from "./engine.ts";

const real = useRealEngine({ config: { permission: { bash: "ask" } } });

const bash = (command: string) => callTool("bash", { command, description: "run it" });

type Of<Type extends EngineEvent["type"]> = Extract<EngineEvent, { type: Type }>;

/** The next event of a type for which the predicate holds. */
function next<Type extends EngineEvent["type"]>(
  client: OpenCodeClient,
  type: Type,
  holds: (event: Of<Type>) => boolean,
): Promise<Of<Type>> {
  const { promise, resolve } = Promise.withResolvers<Of<Type>>();
  const is = (event: EngineEvent): event is Of<Type> => event.type === type;
  const leave = client.events.subscribe((event) => {
    if (!is(event) || !holds(event)) return;
    leave();
    resolve(event);
  });
  return promise;
}

describe("two directories of one server", () => {
  it("are both seen by a client that works in one of them", async () => {
    await using other = await createWorkspace();
    const client = real.client();
    await client.connect();
    const here = await client.session.create({ title: "Here" });
    const there = await client.session.create({ title: "There", workingDirectory: other.directory });
    expect(here.workingDirectory).toBe(real.engine.workspace.directory);
    expect(there.workingDirectory).toBe(other.directory);

    const texts = await Promise.all([
      client.session.prompt(here, script(say("I am here."))).text(),
      client.session.prompt(there, script(say("I am there."))).text(),
    ]);
    expect(texts).toEqual(["I am here.", "I am there."]);

    const listed = new Map((await client.session.list()).map((session) => [session.id, session]));
    expect(listed.get(here.id)).toMatchObject({ title: "Here" });
    expect(listed.get(there.id)).toMatchObject({ title: "There", workingDirectory: other.directory });
    expect(client.registry.get(there)).toMatchObject({ title: "There", status: "completed" });

    const elsewhere = real.client({ workingDirectory: other.directory });
    expect((await elsewhere.session.list()).map(({ id }) => id)).toEqual(expect.arrayContaining([here.id]));
    expect((await elsewhere.session.create()).workingDirectory).toBe(other.directory);
  });

  it("ask separately, and each answer finds its way by the request's id alone", async () => {
    await using other = await createWorkspace();
    const client = real.client();
    await client.connect();
    const sessions = [
      await client.session.create(),
      await client.session.create({ workingDirectory: other.directory }),
    ];
    const observer = real.client({ workingDirectory: other.directory });
    await observer.connect();
    // Somebody is there also where the prompts come from: with nobody it would deny them itself.
    client.events.subscribe(() => {});
    const texts = sessions.map(async (session) => {
      const asks = next(observer, "permission_requested", ({ sessionId }) => sessionId === session.id);
      const call = client.session.prompt(session, script(bash("pwd"), nextStep(), say("Done.")));
      const { permissionId } = await asks;
      await observer.permissions.reply(permissionId, "allow");
      return (await call.result()).toolCalls[0]?.output;
    });
    expect(await Promise.all(texts)).toEqual([
      `${real.engine.workspace.directory}\n`,
      `${other.directory}\n`,
    ]);
  });
});

describe("allow_session", () => {
  it("is asked no more in that session from its next turn on, and still in others", async () => {
    const client = real.client();
    const asked: string[] = [];
    const session = await client.session.create();
    const other = await client.session.create();
    const echo = script(bash("echo hi"), nextStep(), say("Done."));
    for (const asking of [session, session, other, session]) {
      const call = client.session.prompt(asking, echo);
      for await (const event of call) {
        if (event.type !== "permission_requested") continue;
        asked.push(event.sessionId);
        await client.permissions.reply(event, "allow_session");
      }
      expect((await call.result()).toolCalls).toMatchObject([{ status: "success", output: "hi\n" }]);
    }
    expect(asked).toEqual([session.id, other.id]);
  });
});

describe("a subagent", () => {
  const inside = script(bash("echo from the child"), nextStep(), say("The child has looked."));
  const outside = script(
    callTool("task", { description: "Look around", prompt: inside, subagent_type: "general" }),
    nextStep(),
    say("The parent is done."),
  );

  it("is a session of its own that knows its parent, and whose requests can be answered", async () => {
    const client = real.client();
    await client.connect();
    const parent = await client.session.create();
    const born = next(client, "session_created", ({ session }) => session.parentId === parent.id);
    const asks = next(client, "permission_requested", ({ sessionId }) => sessionId !== parent.id);
    const call = client.session.prompt(parent, outside);
    const request = await asks;
    expect((await born).session.id).toBe(request.sessionId);
    expect(client.registry.get(request.sessionId)).toMatchObject({
      parentId: parent.id,
      status: "running",
      activity: "awaiting_permission",
    });
    await client.permissions.reply(request, "allow");
    const { text, toolCalls, status } = await call.result();
    expect({ text, status }).toEqual({ text: "The parent is done.", status: "completed" });
    expect(toolCalls).toMatchObject([{ name: "task", status: "success" }]);
    expect(toolCalls[0]?.output).toContain("The child has looked.");
    expect(client.registry.get(request.sessionId)).toMatchObject({ status: "completed" });
    expect((await client.session.get(request.sessionId)).parentId).toBe(parent.id);
  });

  it("asks whoever reads the prompt of its parent", async () => {
    const client = real.client();
    const parent = await client.session.create();
    const call = client.session.prompt(parent, outside);
    const asked: string[] = [];
    for await (const event of call) {
      if (event.type !== "permission_requested") continue;
      asked.push(event.description);
      expect(event.sessionId).not.toBe(parent.id);
      await client.permissions.reply(event, "allow");
    }
    expect(asked).toEqual(["Run `echo from the child`"]);
    expect(await call.settled()).toMatchObject({ status: "completed", text: "The parent is done." });
  });

  it("is denied at once where nobody is there to answer, so that a script does not hang", async () => {
    const client = real.client();
    const call = client.session.prompt(await client.session.create(), outside);
    expect(await call.text()).toBe("The parent is done.");
    const [child] = (await client.session.list()).filter(({ parentId }) => parentId !== undefined);
    const [tool] = (await client.session.messages(child?.id ?? "")).flatMap(
      ({ toolCalls = [] }) => toolCalls,
    );
    expect(tool).toMatchObject({ name: "bash", status: "error" });
    expect(tool?.error).toContain("Nobody is there to answer");
  });
});
