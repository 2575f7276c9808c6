import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { takeSlot } from "../support/slots.ts";

it("the quickstart shows text, tool, permission and diff of a real engine, and exits by itself", async () => {
  const slot = await takeSlot();
  try {
    const example = fileURLToPath(new URL("../../examples/quickstart.ts", import.meta.url));
    const run = promisify(execFile)(process.execPath, ["--conditions=@quantumreef/source", example], {
      env: { ...process.env, NO_COLOR: "1" },
    });
    const { stdout, stderr } = await run;
    expect(stderr).toBe("");
    expect(stdout).toMatch(/OpenCode 1\.18\.33 at http:\S+ \(spawned\)/);
    const inOrder = [
      "I will look at the file, and then make greet() refuse a missing name.",
      "tool  bash cat greet.js",
      "There is no check yet. Here is the change:",
      "asks  Change greet.js",
      '+  if (!name) throw new TypeError("greet() needs a name");',
      "greet.js is unchanged so far: yes",
      "Allowed.",
      "Done: greet() now throws a TypeError when the name is missing.",
      "Status   completed, 2 tool calls",
      "greet.js now reads",
      'if (!name) throw new TypeError("greet() needs a name");',
    ];
    let at = 0;
    for (const words of inOrder) {
      at = stdout.indexOf(words, at);
      expect(
        at,
        `${JSON.stringify(words)} is missing, or out of order, in:\n${stdout}`,
      ).toBeGreaterThanOrEqual(0);
    }
  } finally {
    slot.release();
  }
}, 120_000);
