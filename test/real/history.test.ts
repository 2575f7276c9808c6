import { statSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { OpenCodeClient, type Session } from "@quantumreef/engine-client";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { History } from "../../src/node/history/history.ts";
import { openHistory } from "../../src/node/history/open-history.ts";
import { type ScriptedEngine, startScriptedEngine } from "../support/engine-fixture.ts";
import {
  callTool,
  failWith,
  hang,
  nextStep,
  say,
  script,
  think,
  waitForGate,
} from "../support/scripted-model/script.ts";
import { databaseOf } from "../support/throwaway-home.ts";

/** Whether the system tells that no engine has the file open any more. */
const isTold = process.platform === "linux";

let engine: ScriptedEngine;
let client: OpenCodeClient;
let history: History;

beforeAll(async () => {
  engine = await startScriptedEngine();
  client = new OpenCodeClient({ baseUrl: engine.url, workingDirectory: engine.workspace.directory });
  // Opened before anything is in it: it must see what is written later.
  history = await openHistory({ path: databaseOf(engine.server.home) });
});
afterAll(async () => {
  await history?.close();
  await client?.dispose();
  await engine?.stop();
});

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

const stored = () => collect(history.sessions());

/** The engine writes a little after its last word. */
const expectSameMessages = (session: Session) =>
  vi.waitFor(async () =>
    expect(await history.messages(session)).toEqual(await client.session.messages(session)),
  );

describe("stored history beside a running engine", () => {
  it("gives the sessions and messages that the engine's client gives", async () => {
    const text = await client.session.create({ title: "text and tool" });
    const prompt = script(
      think("I think. "),
      say("I look. "),
      callTool("bash", { command: "cat README.md", description: "d" }),
      nextStep(),
      callTool("write", { filePath: "made.txt", content: "made\n" }),
      nextStep(),
      say("Done 😀."),
    );
    expect((await client.session.prompt(text, prompt).result()).text).toContain("Done 😀.");

    const failed = await client.session.create({ title: "failed" });
    await client.session.prompt(failed, script(failWith(401, { message: "no key" }))).settled();

    const aborted = await client.session.create({ title: "aborted" });
    const call = client.session.prompt(aborted, script(say("Half. "), hang()));
    for await (const event of call) if (event.type === "text_delta") await call.abort();

    const parent = await client.session.create({ title: "parent" });
    const task = { description: "Look", prompt: script(say("Child.")), subagent_type: "general" };
    await client.session.prompt(parent, script(callTool("task", task), nextStep(), say("Parent."))).result();
    const untouched = await client.session.create({ title: "untouched" });

    for (const session of [text, failed, aborted, parent, untouched]) await expectSameMessages(session);
    expect(await history.messages(text, { limit: 1 })).toEqual(
      (await client.session.messages(text)).slice(-1),
    );

    const [child] = await history.children(parent);
    expect(child).toMatchObject({ parentId: parent.id, status: "completed" });
    if (child !== undefined) await expectSameMessages(child);

    // It is noted on the prompt a little later than the turn ends.
    await vi.waitFor(async () => {
      const diff = await client.session.diff(text);
      expect(diff).toMatchObject([{ path: "made.txt", status: "added", additions: 1 }]);
      expect(await history.diff(text)).toEqual(diff);
    });
    expect(await history.diff(failed)).toEqual(await client.session.diff(failed));

    const live = await client.session.list();
    expect(await stored()).toEqual(live);
    expect(live).toHaveLength(6);
    for (const session of live) expect(await history.session(session)).toEqual(session);
    expect(Object.fromEntries(live.map(({ title, status }) => [title, status]))).toEqual({
      "text and tool": "completed",
      failed: "error",
      aborted: "idle",
      parent: "completed",
      [child?.title ?? ""]: "completed",
      untouched: "idle",
    });
    expect(await collect(history.sessions({ workingDirectory: "/nowhere" }))).toEqual([]);
    const here = history.sessions({ workingDirectory: `${engine.workspace.directory}/`, limit: 2 });
    expect(await collect(here)).toEqual(live.slice(0, 2));
    expect(await history.todos(text)).toEqual([]);
  });

  it("reads while the engine writes, and all of it after the engine was killed", async () => {
    const session = await client.session.create({ title: "killed" });
    const gone = client.session.prompt(
      session,
      script(
        say("First. "),
        callTool("bash", { command: "echo hi", description: "d" }),
        nextStep(),
        waitForGate("end"),
      ),
    );
    const writer = await client.session.create({ title: "writer" });
    let writing = true;
    const written = client.session
      .prompt(
        writer,
        script(
          ...Array.from({ length: 30 }, (_, i) => [
            say(`${i}`),
            callTool("bash", { command: `echo ${i}`, description: "d" }),
            nextStep(),
          ]).flat(),
          say("End."),
        ),
      )
      .settled()
      .finally(() => {
        writing = false;
      });
    let reads = 0;
    while (writing) {
      const messages = await history.messages(writer);
      for (const message of messages) expect(message.sessionId).toBe(writer.id);
      reads += (await stored()).length > 0 ? 1 : 0;
      await setTimeout(5);
    }
    expect((await written).status).toBe("completed");
    expect(reads).toBeGreaterThan(20);
    await expectSameMessages(writer);

    // Stuck in its second step: what is in the file does not change any more.
    await expect.poll(async () => (await history.messages(session)).length).toBe(3);
    await expectSameMessages(session);
    // The live client knows that it runs; the file can't tell.
    expect((await history.session(session)).status).toBe("idle");
    const live = await client.session.list();
    const messages = await client.session.messages(session);

    await client.dispose();
    await gone.settled();
    await engine.server.kill();
    const path = databaseOf(engine.server.home);
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    const after = await openHistory({ path });
    try {
      expect(after.isCopy).toBe(false);
      const sessions = await collect(after.sessions());
      // Nobody is left who could write its last word: it is lost, and what was seen of it is kept.
      const resting = ({ activity: _, ...rest }: Session) =>
        rest.id === session.id ? { ...rest, status: isTold ? "error" : "idle" } : rest;
      expect(sessions).toEqual(live.map(resting));
      const [prompt, ...answers] = messages;
      const kept = isTold ? answers.map((message) => ({ ...message, complete: false })) : answers;
      expect(await after.messages(session)).toEqual([prompt, ...kept]);
    } finally {
      await after.close();
    }
  });
});
