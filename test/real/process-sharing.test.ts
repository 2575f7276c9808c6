import { readdir, readFile, stat } from "node:fs/promises";
import { createOpenCode } from "@quantumreef/engine-client/node";
import { expect, it } from "vitest";
import { basicAuth } from "../../src/node/process/access.ts";
import { readRecord } from "../../src/node/process/read-record.ts";
import { say, script } from "../support/scripted-model/script.ts";
import { testPort } from "../support/test-port.ts";
import { emptyWithin, lives, setUpMachine } from "./machine.ts";
import { Program } from "./run-program.ts";

it("of eight programs that start at once one starts the engine; it ends with the last of them", async () => {
  const { options, home, state } = await setUpMachine();
  const port = await testPort();
  const programs = Array.from({ length: 8 }, () => new Program({ ...options, port }));
  const told = await Promise.all(programs.map((program) => program.next()));
  expect(told.map(({ mode }) => mode).toSorted()).toEqual([...Array(7).fill("attached"), "spawned"]);
  const [pid] = new Set(told.map((facts) => Number(facts.pid)));
  expect(new Set(told.map(({ mode, ...facts }) => JSON.stringify(facts))).size).toBe(1);

  const file = `${state}/127.0.0.1-${port}.json`;
  const record = await readRecord(file);
  if (record?.password === undefined) throw new Error("There is no record with a password.");
  const { url, password } = record;
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(record).toMatchObject({ pid, version: "1.18.33", url: `http://127.0.0.1:${port}` });
  // Nobody gets in without the password; it is in no arguments; and with it anybody does (`opencode attach`, a phone).
  expect((await fetch(`${url}/session`)).status).toBe(401);
  for (const id of [record.pid, record.keeperPid]) {
    expect(await readFile(`/proc/${id}/cmdline`, "utf8")).not.toContain(password);
  }
  expect(await readFile(`/proc/${record.keeperPid}/environ`, "utf8")).not.toContain(password);
  expect((await fetch(`${url}/session`, { headers: basicAuth("opencode", password) })).status).toBe(200);

  // Its starter is killed; the others go on.
  const spawner = programs.splice(
    told.findIndex(({ mode }) => mode === "spawned"),
    1,
  );
  await Promise.all(spawner.map((program) => program.kill()));
  const [last, ...others] = programs;
  await Promise.all(others.map((program, at) => (at % 2 === 0 ? program.kill() : program.dispose())));
  last?.say(`prompt ${script(say("Still here."))}`);
  expect(await last?.next()).toEqual({ text: "Still here." });
  expect(await lives(pid)).toBe(true);
  await last?.dispose();
  await emptyWithin(home, 1000);
  expect((await readdir(state)).filter((name) => name.endsWith(".json"))).toEqual([]);

  // What they left in the folder is no hindrance to the next one.
  const next = await createOpenCode({ ...options, port });
  expect(next.process.mode).toBe("spawned");
  await next.process.stop();
  expect(await lives(next.process.pid)).toBe(false);
  await next.dispose();
});
