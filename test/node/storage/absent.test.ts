import { expect, it, onTestFinished } from "vitest";
import type { Diagnostic } from "../../../src/engine/diagnostics.ts";
import { createOpenCode } from "../../../src/node/create-open-code.ts";
import { testPort } from "../../support/test-port.ts";
import { homeEnv } from "../../support/throwaway-home.ts";
import { ids, putDatabase, useFolder } from "../history/files.ts";

it.each([
  { why: "may not be started", options: { autoStart: false }, message: /autoStart is off/ },
  {
    why: "can't be started",
    options: { binary: "/nowhere/opencode" },
    message: /npm install -g opencode-ai/,
  },
])("an engine that $why is stood in for by its history", async ({ options, message }) => {
  const folder = await useFolder();
  const diagnostics: Diagnostic[] = [];
  const client = await createOpenCode({
    ...options,
    env: homeEnv(folder),
    port: await testPort(),
    serverDirectory: folder,
    database: putDatabase(folder, "opencode.db"),
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
  });
  onTestFinished(() => client.dispose());
  expect(client.process).toMatchObject({ mode: "absent", pid: undefined, version: "unknown" });
  expect(client.registry.list()).toHaveLength(5);
  expect(await client.session.get(ids.answers)).toMatchObject({ status: "completed", source: "history" });
  const listed = async (options?: Parameters<typeof client.session.list>[0]) =>
    (await client.session.list(options)).map(({ id }) => id);
  expect(await listed({ includeArchived: true, limit: 2 })).toEqual([ids.aborted, ids.parent]);
  expect(await listed()).toEqual([ids.parent, ids.child, ids.failed, ids.answers]);
  expect(await listed({ rootsOnly: true, limit: 1 })).toEqual([ids.parent]);
  expect((await client.session.children(ids.parent)).map(({ id }) => id)).toEqual([ids.child]);
  for (const call of [
    client.session.update(ids.parent, { title: "x" }),
    client.session.delete(ids.parent),
    client.session.fork(ids.parent),
    client.session.todo(ids.parent),
    client.questions.list(),
  ])
    await expect(call).rejects.toMatchObject({ code: "UNSUPPORTED" });
  // What is told of it is why there is none, and not that nothing answered.
  await expect(client.session.create()).rejects.toMatchObject({
    code: "ENGINE_UNAVAILABLE",
    message: expect.stringMatching(message),
  });
  expect(diagnostics).toContainEqual(
    expect.objectContaining({ code: "engine_absent", message: expect.stringMatching(message) }),
  );
});

it("is an error without a history, and where none is wanted", async () => {
  const folder = await useFolder();
  const database = putDatabase(folder, "opencode.db");
  const port = await testPort();
  const refusal = { code: "ENGINE_UNAVAILABLE", message: expect.stringContaining("autoStart is off") };
  const env = homeEnv(folder);
  const none = createOpenCode({ port, env, autoStart: false, database: `${database}.none` });
  await expect(none).rejects.toMatchObject(refusal);
  const unwanted = createOpenCode({ port, env, autoStart: false, database, history: false });
  await expect(unwanted).rejects.toMatchObject(refusal);
});
