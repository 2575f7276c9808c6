import { type EngineEvent, OpenCodeClient, type Session } from "@quantumreef/engine-client";
import { createOpenCode } from "@quantumreef/engine-client/node";
import { expect, it, onTestFinished } from "vitest";
import { startScriptedEngine } from "../support/engine-fixture.ts";
import { startOpenCode } from "../support/opencode-server.ts";
import { callTool, failWith, nextStep, say, script } from "../support/scripted-model/script.ts";
import { databaseOf, homeEnv } from "../support/throwaway-home.ts";

const byId = (sessions: readonly Session[]) => new Map(sessions.map((session) => [session.id, session]));

/** It starts two servers, and may wait for a place for each. */
const TIMEOUT_MS = 400_000;

it("shows the history while the engine is not there, and the engine's truth when it is", {
  timeout: TIMEOUT_MS,
}, async () => {
  await using engine = await startScriptedEngine();
  const { home, port } = engine.server;
  const workingDirectory = engine.workspace.directory;
  const before = new OpenCodeClient({ baseUrl: engine.url, workingDirectory });
  await before.connect();
  const done = await before.session.create({ title: "done" });
  const prompt = script(
    say("I look. "),
    callTool("bash", { command: "echo hi", description: "d" }),
    nextStep(),
    say("Done."),
  );
  await before.session.prompt(done, prompt).result();
  const failed = await before.session.create({ title: "failed" });
  await before.session.prompt(failed, script(failWith(401, { message: "no key" }))).settled();
  await before.session.create({ title: "untouched" });
  const live = await before.session.list();
  const messages = await before.session.messages(done);
  expect(live.map(({ status }) => status).sort()).toEqual(["completed", "error", "idle"]);
  await before.dispose();
  await engine.server.kill();

  const client = await createOpenCode({
    port,
    autoStart: false,
    env: homeEnv(home),
    database: databaseOf(home),
    workingDirectory,
  });
  onTestFinished(() => client.dispose());
  const events: EngineEvent[] = [];
  client.events.subscribe((event) => events.push(event));
  expect(client.process).toMatchObject({ mode: "absent" });
  const stored = live.map((session) => ({ ...session, source: "history" }));
  expect(await client.session.list()).toEqual(stored);
  expect(client.registry.list()).toEqual(stored);
  expect(await client.session.get(done)).toEqual(stored.find(({ id }) => id === done.id));
  expect(await client.session.messages(done)).toEqual(messages);
  expect(await client.health()).toMatchObject({
    ok: false,
    error: expect.stringContaining("stored history"),
  });
  expect(Object.values(client.capabilities).some(Boolean)).toBe(false);
  await expect(client.session.create()).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE" });
  await expect(client.session.prompt(done, "Hi").text()).rejects.toMatchObject({
    code: "ENGINE_UNAVAILABLE",
    message: expect.stringContaining("opencode serve"),
  });
  await expect(client.session.messages("ses_none")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });

  let fewest = Number.POSITIVE_INFINITY;
  client.registry.subscribe(() => {
    fewest = Math.min(fewest, client.registry.list().length);
  });
  const shown = byId(client.registry.list());
  events.splice(0);
  const resynced = (async () => {
    for await (const event of client.events) if (event.type === "stream_resynced") return;
  })();
  await using server = await startOpenCode({ cwd: workingDirectory, home, port });
  expect(server.port).toBe(port);
  await resynced;
  // Only the mark went.
  expect(client.registry.list()).toEqual(live);
  expect(fewest).toBe(live.length);
  // That it opened a project the engine tells too, in an event that has no name here.
  expect(events.map(({ type }) => type).filter((type) => type !== "unknown")).toEqual([
    "stream_gap",
    ...live.map(() => "session_updated"),
    "stream_resynced",
  ]);
  for (const session of client.registry.list()) {
    const { source: _, ...old } = shown.get(session.id) ?? { source: undefined };
    expect(session).toEqual(old);
  }
  expect(await client.health()).toMatchObject({ ok: true });
  expect(client.capabilities.storeMessage).toBe(true);
  expect(await client.session.prompt(done, script(say("Live again."))).text()).toBe("Live again.");
  expect(await client.session.messages(done)).toHaveLength(messages.length + 2);
});
