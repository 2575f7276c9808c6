import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFolder } from "../support/throwaway.ts";
import { type Step, steps } from "./script.ts";
import { type FakeOptions, run, useFake } from "./support.ts";

const read = (path: string, more = {}): Step => ({ ask: "fs/read_text_file", params: { path, ...more } });
const write = (path: string, content: string): Step => ({
  ask: "fs/write_text_file",
  params: { path, content },
});

/** Runs steps in a new session of this folder, and gives the answers that the agent got. */
async function answersTo(options: FakeOptions, cwd: string, ...list: readonly Step[]) {
  const { client } = await useFake({}, { ...options, cwd });
  const session = await client.session.create();
  const { result } = await run(client, session, steps(...list));
  const lines = result.text.trim().split("\n");
  return lines.map((line): { content?: string; error?: { code: number; message: string } } =>
    JSON.parse(line),
  );
}

async function folders() {
  const [cwd, outside] = [await createFolder("acp-inside"), await createFolder("acp-outside")];
  await writeFile(join(cwd, "a.txt"), "one\ntwo\nthree\n");
  await writeFile(join(outside, "secret.txt"), "secret");
  await symlink(outside, join(cwd, "out"));
  await symlink(join(outside, "secret.txt"), join(cwd, "link.txt"));
  await symlink(join(outside, "new.txt"), join(cwd, "dangling.txt"));
  await mkdir(join(cwd, "sub"));
  await symlink(join(cwd, "sub"), join(cwd, "in"));
  return { cwd, outside };
}

describe("files, for an agent", () => {
  it("are closed to it unless they are opened", async () => {
    const { cwd } = await folders();
    const [off] = await answersTo({}, cwd, read(join(cwd, "a.txt")));
    expect(off?.error?.code).toBe(-32_601);
    const [can, cannot] = await answersTo(
      { fileAccess: "read" },
      cwd,
      read(join(cwd, "a.txt")),
      write(join(cwd, "b.txt"), "b"),
    );
    expect([can?.content, cannot?.error?.code]).toEqual(["one\ntwo\nthree\n", -32_601]);
  });

  it("are read and written below its session's directory", async () => {
    const { cwd } = await folders();
    const answers = await answersTo(
      { fileAccess: "read-write" },
      cwd,
      read(join(cwd, "a.txt"), { line: 2, limit: 1 }),
      write(join(cwd, "deep/er/b.txt"), "b\n"),
      write(join(cwd, "in/c.txt"), "c\n"),
      write(join(cwd, "a.txt"), "short"),
      read(join(cwd, "none.txt")),
      read(join(cwd, "sub")),
    );
    expect(answers[0]).toEqual({ content: "two\n" });
    expect(answers.slice(1, 4)).toEqual([{}, {}, {}]);
    expect(answers[4]?.error?.code).toBe(-32_002);
    expect(answers[5]?.error?.message).toMatch(/is no file/);
    expect(await readFile(join(cwd, "deep/er/b.txt"), "utf8")).toBe("b\n");
    expect(await readFile(join(cwd, "sub/c.txt"), "utf8")).toBe("c\n");
    expect(await readFile(join(cwd, "a.txt"), "utf8")).toBe("short");
  });

  it("are out of its reach elsewhere, by whatever way", async () => {
    const { cwd, outside } = await folders();
    const paths = [
      join(outside, "secret.txt"),
      `${cwd}/../${outside.split("/").at(-1)}/secret.txt`,
      `${cwd}/none/../../${outside.split("/").at(-1)}/secret.txt`,
      "a.txt",
      join(cwd, "link.txt"),
      join(cwd, "out/secret.txt"),
      join(cwd, "out/new/file.txt"),
      join(cwd, "dangling.txt"),
      `${cwd}-beside/file.txt`,
    ];
    const tries = paths.flatMap((path) => [read(path), write(path, "overwritten")]);
    const answers = await answersTo({ fileAccess: "read-write" }, cwd, ...tries);
    expect(answers.map(({ error }) => error?.code)).toEqual(tries.map(() => -32_602));
    expect(await readFile(join(outside, "secret.txt"), "utf8")).toBe("secret");
    await expect(readFile(join(outside, "new.txt"))).rejects.toThrow("ENOENT");
  });
});

describe("terminals, for an agent", () => {
  const create = (params: object): Step => ({ ask: "terminal/create", params: { ...params } });

  it("are closed to it unless they are opened, and begin in its session's directory only", async () => {
    const { cwd, outside } = await folders();
    const [off] = await answersTo({}, cwd, create({ command: "pwd" }));
    expect(off?.error?.code).toBe(-32_601);
    const elsewhere = [outside, join(cwd, "out"), join(cwd, "a.txt"), ".."];
    const answers = await answersTo(
      { terminals: true },
      cwd,
      ...elsewhere.map((at) => create({ command: "pwd", cwd: at })),
    );
    expect(answers.map(({ error }) => error?.code)).toEqual(elsewhere.map(() => -32_602));
  });

  it("run a command, whose output is that of the tool call", async () => {
    const { client, cwd } = await useFake({}, { terminals: true });
    const session = await client.session.create();
    const params = {
      command: "sh",
      args: ["-c", "pwd; echo $GREETING; exit 3"],
      env: [{ name: "GREETING", value: "hi" }],
    };
    const first = await run(client, session, steps(create(params)));
    const { terminalId } = JSON.parse(first.result.text);
    const second = await run(
      client,
      session,
      steps(
        {
          update: {
            sessionUpdate: "tool_call",
            toolCallId: "t",
            title: "sh",
            kind: "execute",
            status: "in_progress",
            content: [{ type: "terminal", terminalId }],
          },
        },
        { ask: "terminal/wait_for_exit", params: { terminalId } },
        { ask: "terminal/output", params: { terminalId } },
        { ask: "terminal/release", params: { terminalId } },
        { ask: "terminal/output", params: { terminalId } },
        { update: { sessionUpdate: "tool_call_update", toolCallId: "t", status: "completed" } },
      ),
    );
    const [exit, output, released, gone] = second.result.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(exit).toEqual({ exitCode: 3 });
    expect(output).toEqual({ output: `${cwd}\nhi\n`, truncated: false, exitStatus: { exitCode: 3 } });
    expect([released, gone.error.code]).toEqual([{}, -32_002]);
    expect(second.result.toolCalls).toMatchObject([{ status: "success", output: `${cwd}\nhi\n` }]);
  });

  it("are ended on demand, and keep only the end of what they show", async () => {
    const { client } = await useFake({}, { terminals: true });
    const session = await client.session.create();
    const command = { command: "sh", args: ["-c", "echo 0123456789; sleep 600"], outputByteLimit: 4 };
    const { terminalId } = JSON.parse((await run(client, session, steps(create(command)))).result.text);
    const { result } = await run(
      client,
      session,
      steps(
        { ask: "terminal/kill", params: { terminalId } },
        { ask: "terminal/wait_for_exit", params: { terminalId } },
        { ask: "terminal/output", params: { terminalId } },
      ),
    );
    const [, exit, output] = result.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(exit).toEqual({ signal: "SIGTERM" });
    if (output.output !== "") expect(output).toMatchObject({ output: "789\n", truncated: true });
  });
});
