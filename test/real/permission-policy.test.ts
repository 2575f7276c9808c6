import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { takeSlot } from "../support/slots.ts";

it("the policy example decides by rules and a function, says which, and exits by itself", async () => {
  const slot = await takeSlot();
  try {
    const example = fileURLToPath(new URL("../../examples/permission-policy.ts", import.meta.url));
    const run = promisify(execFile)(process.execPath, ["--conditions=@quantumreef/source", example], {
      env: { ...process.env, NO_COLOR: "1" },
    });
    const { stdout, stderr } = await run;
    expect(stderr).toBe("");
    expect(stdout.split("\n")).toEqual([
      "  asks  Run `cat greet.js && git status`",
      "    ->  allow, by rule 1",
      "  asks  Change greet.js",
      "    ->  allow_session, by rule 3",
      "  asks  Change greet.js",
      "    ->  allow, by session",
      "  asks  Run `git status && rm -rf build`",
      "    ->  deny, by rule 4: Nothing is removed here; leave the folder as it is.",
      "  asks  Run `npm publish`",
      "    ->  deny, by function: Not in this run. Say in the end what is left to do.",
      "Answer   greet() says Hi. Left to do: remove the build folder, publish.",
      "Status   completed, 2 requests denied",
      "    export function greet(name) {",
      '      return "Hi there, " + name;',
      "    }",
      "",
    ]);
  } finally {
    slot.release();
  }
}, 120_000);
