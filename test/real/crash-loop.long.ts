import { createOpenCode } from "@quantumreef/engine-client/node";
import { expect, it } from "vitest";
import { say, script } from "../support/scripted-model/script.ts";
import { processesOf, setUpMachine } from "./machine.ts";

it("an engine that crashes again and again is given up, and everybody is told why", async () => {
  const { options, home } = await setUpMachine();
  const restartsIn: string[] = [];
  const told = { up: Promise.withResolvers<void>(), gone: Promise.withResolvers<string>() };
  const client = await createOpenCode({
    ...options,
    onDiagnostic: ({ code, message }) => {
      if (code === "engine_crashed") restartsIn.push(/again in (\d+) s/.exec(message)?.[1] ?? "");
      if (code === "engine_restarted") told.up.resolve();
      if (code === "engine_gone") told.gone.resolve(message);
    },
  });
  const session = await client.session.create();
  for (let crash = 1; crash < 7; crash += 1) {
    process.kill(client.process.pid ?? 0, "SIGKILL");
    await told.up.promise;
    told.up = Promise.withResolvers();
    // Each time it is itself again, and what comes meanwhile waits.
    expect(await client.session.prompt(session, script(say(`After ${crash}.`))).text()).toBe(
      `After ${crash}.`,
    );
  }
  expect(restartsIn).toEqual(["1", "2", "4", "8", "16", "30"]);
  process.kill(client.process.pid ?? 0, "SIGKILL");
  const why = /It crashed again and again.*was ended by SIGKILL/s;
  expect(await told.gone.promise).toMatch(why);
  const gone = { code: "PROCESS_FAILED", message: expect.stringMatching(why) };
  await expect(client.session.prompt(session, "Hi").text()).rejects.toMatchObject(gone);
  await expect(client.session.list()).rejects.toMatchObject(gone);
  await client.dispose();
  expect(processesOf(home)).toEqual([]);
}, 300_000);
