import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { isOpenElsewhere } from "../../../src/node/history/open-elsewhere.ts";
import { readSettled } from "../../../src/node/history/settled.ts";
import { change, collect, ids, open, putDatabase, useFolder } from "./files.ts";

/** A database whose first session's newest turn was cut short in the middle of a tool. */
async function useUnfinished() {
  const path = putDatabase(await useFolder(), "opencode.db");
  const newest = `SELECT id FROM message WHERE session_id = '${ids.answers}' ORDER BY time_created DESC`;
  change(path, `DELETE FROM message WHERE id = (${newest} LIMIT 1)`);
  change(
    path,
    `UPDATE message SET data = json_remove(data, '$.finish', '$.time.completed') WHERE id = (${newest} LIMIT 1);
     UPDATE part SET data = json_set(data, '$.state.status', 'running')
     WHERE message_id = (${newest} LIMIT 1) AND json_extract(data, '$.type') = 'tool'`,
  );
  return path;
}

/** Another process has it open until it is killed. */
async function holdOpen(path: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "hold-open.ts"), path]);
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  await once(child.stdout, "data");
  return async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
}

const cancelled = { status: "error", error: expect.stringMatching(/^Cancelled/) };

describe.runIf(process.platform === "linux")("a turn without a last word", () => {
  it("may still be written while another process has the file open, and died when none has", async () => {
    const path = await useUnfinished();
    const kill = await holdOpen(path);
    const history = await open({ path });
    expect(await history.session(ids.answers)).toMatchObject({ status: "idle" });
    const running = await history.messages(ids.answers);
    expect(running.at(-1)?.toolCalls).toMatchObject([{ status: "running" }]);
    expect(running.at(-1)).not.toHaveProperty("complete");

    await kill();
    const session = await history.session(ids.answers);
    expect(session).toMatchObject({ status: "error" });
    const sessions = await collect(history.sessions());
    expect(sessions.find(({ id }) => id === ids.answers)).toEqual(session);
    const messages = await history.messages(ids.answers);
    expect(messages.at(-1)).toMatchObject({ complete: false, toolCalls: [cancelled] });
    // The turns before it, and its own prompt, are as they were.
    expect(messages.slice(0, -1)).toEqual(running.slice(0, -1));
    expect(await history.messages(ids.answers, { limit: 1 })).toEqual(messages.slice(-1));
  });

  it("is told also where a later turn followed", async () => {
    const path = await useUnfinished();
    const prompt = `{"role":"user","time":{"created":9000000000000}}`;
    const columns = "(id, session_id, time_created, time_updated, data)";
    const where = `'msg_zzz', '${ids.answers}', 9000000000000, 9000000000000`;
    change(path, `INSERT INTO message ${columns} VALUES (${where}, '${prompt}')`);
    const history = await open({ path });
    expect(await history.session(ids.answers)).toMatchObject({ status: "idle" });
    const [answer, last] = (await history.messages(ids.answers)).slice(-2);
    expect(answer).toMatchObject({ complete: false, toolCalls: [cancelled] });
    expect(last).not.toHaveProperty("complete");
  });
});

it("the option engineRuns says it where nobody else does", async () => {
  const path = await useUnfinished();
  const read = async (engineRuns: boolean) => {
    const history = await open({ path, engineRuns });
    return [
      (await history.session(ids.answers)).status,
      (await history.messages(ids.answers)).at(-1)?.complete,
    ];
  };
  expect(await read(true)).toEqual(["idle", undefined]);
  expect(await read(false)).toEqual(["error", false]);
});

it("an answer that got its last word before its engine went is not lost", () => {
  const readings = [
    ["a", "b"],
    ["b", "c"],
  ];
  const read = () => readings.shift() ?? [];
  const settled = readSettled(
    (work) => work(),
    read,
    (ids) => ids,
    () => false,
  );
  expect(settled).toEqual({ value: ["b", "c"], lost: new Set(["b"]) });
});

it("who has a file open can't be told of one that we have not open ourselves", async () => {
  const path = await useUnfinished();
  expect(isOpenElsewhere(path)).toBeUndefined();
  expect(isOpenElsewhere(join(path, "nowhere"))).toBeUndefined();
});
