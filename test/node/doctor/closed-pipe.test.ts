import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const cli = fileURLToPath(new URL("../../../src/cli.ts", import.meta.url));

it("ends in silence where nobody reads on, as in `engine-client doctor | head -1`", async () => {
  const child = spawn(process.execPath, ["--conditions=@quantumreef/source", cli, "--help"]);
  child.stdout.destroy();
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [code] = await once(child, "close");
  expect({ code, said }).toEqual({ code: 0, said: "" });
});
