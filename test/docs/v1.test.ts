import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { readPage, run } from "../../docs/generate-v1-answers.ts";
import { examplesIn, withAnswers } from "../../docs/support/examples.ts";
import { printAnswer } from "../../docs/support/print-answer.ts";
import { runShell } from "../../docs/support/run-shell.ts";
import { messagesSchema, sessionsSchema } from "../../src/v1/schema/answer.ts";
import { components } from "../../src/v1/schema/components.ts";

const missing = ["bash", "curl"].filter((name) => spawnSync(name, ["--version"]).error !== undefined);
const skipped = missing.length === 0 ? "" : ` (SKIPPED: this machine has no ${missing.join(" and no ")})`;

/** What the examples answer, in order: one value, or the events of a stream. */
const answers = [
  ["creates a session", components.Session],
  ["lists the sessions", sessionsSchema],
  ["answers a prompt", components.TurnEvent],
  ["stores a message", components.Message],
  ["lists messages", messagesSchema],
  ["stops what runs", z.literal(204)],
  ["listens to the bus", z.union([components.Ready, components.BusEvent])],
  ["asks how it is", components.Health],
  ["lets a tool run", components.TurnEvent],
  ["answers a question", components.TurnEvent],
  ["changes a title", components.Session],
  ["asks for a session that is not there", components.ErrorBody],
  ["sends a field that is not there", components.ErrorBody],
] as const;

describe.skipIf(missing.length > 0)(`docs/v1.md${skipped}`, () => {
  const page = readPage();
  let printed: readonly string[] = [];
  // Fails where a command of an example does.
  beforeAll(async () => {
    printed = await run(examplesIn(page));
  }, 15_000);

  it("shows what the server answers (else: node docs/generate-v1-answers.ts)", () => {
    expect(page).toBe(withAnswers(page, printed.map(printAnswer)));
  });

  it.each(answers.map(([does, schema], index) => ({ does, schema, index })))(
    "example $index, which $does, is answered as the contract says",
    ({ schema, index }) => {
      const values = valuesIn(printed[index] ?? "");
      expect(values).not.toEqual([]);
      // What a schema does not know it leaves out.
      for (const value of values) expect(schema.parse(value)).toEqual(value);
    },
  );

  it("has no other examples", () => expect(printed).toHaveLength(answers.length));

  it("is noticed when it is out of date", () => {
    const stale = page.replace('"title": "Validation"', '"title": "Something else"');
    expect(stale).not.toBe(page);
    const blocks = printed.map(printAnswer);
    expect(withAnswers(stale, blocks)).toBe(withAnswers(page, blocks));
  });
});

describe.skipIf(missing.length > 0)(`an example${skipped}`, () => {
  const inShell = (script: string, deadline?: number) =>
    runShell(script, { cwd: tmpdir(), env: { PATH: process.env.PATH ?? "" }, deadline });

  it("without a place for its answer is noticed", () => {
    const page = "```sh\ncurl a\n```\n\n```sh\ncurl b\n```\n\n<!-- answer -->\n";
    expect(() => examplesIn(page)).toThrow("1 of the page's examples");
  });

  it("with a command that fails is noticed", async () => {
    const failing = inShell("echo before\nfalse\necho after");
    await expect(failing).rejects.toThrow(/ended with 1:\n(.+\n)+It printed:\nbefore\n$/);
  });

  // What it has in the background holds its output open: that has an end when nobody is left.
  it("leaves nothing behind", async () => {
    expect(await inShell("sleep 60 & echo done")).toBe("done\n");
    await expect(inShell("sleep 60 & sleep 60", 100)).rejects.toThrow("took more than 100 ms");
  });
});

/** The JSON that an example printed, or the events in the stream that it printed. */
function valuesIn(printed: string): readonly unknown[] {
  const events = [...printed.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data));
  return events.length > 0 ? events : [JSON.parse(printed)];
}
