import { createServer } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { examineMachine } from "../../../src/node/doctor/examine.ts";
import { homeEnv } from "../../support/throwaway-home.ts";
import { temporaryFolder } from "../process/keeper-support.ts";

/** A server that lets one user in, and says what OpenCode says. */
async function listen(authorization: string): Promise<number> {
  const server = createServer((request, response) => {
    const isLetIn = request.headers.authorization === authorization;
    response.writeHead(isLetIn ? 200 : 401, { "content-type": "application/json" });
    response.end(isLetIn ? '{"healthy":true,"version":"1.18.33"}' : "");
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

it("asks a server with the user and the password of the settings, and shows neither", async () => {
  const port = await listen(`Basic ${Buffer.from("me:open sesame").toString("base64")}`);
  const env = homeEnv(await temporaryFolder("doctor"));
  const options = { port, env, password: "open sesame" };
  const letIn = await examineMachine({ ...options, username: "me" });
  expect(letIn.server).toMatchObject({ answers: "opencode", version: "1.18.33", isShared: false });
  expect(JSON.stringify(letIn)).not.toContain("open sesame");
  const { server, faults } = await examineMachine(options);
  expect(server).toMatchObject({ answers: "refuses" });
  expect(faults).toMatchObject([{ area: "server" }]);
});

it("tells what is no setting at all, and goes on", async () => {
  const env = homeEnv(await temporaryFolder("doctor"));
  const wrong = { workingDirectory: 5, env } as object;
  const { ok, faults, binary } = await examineMachine(wrong);
  expect(ok).toBe(false);
  expect(faults).toMatchObject([
    { area: "settings", advice: expect.stringContaining("workingDirectory is 5") },
  ]);
  expect(binary).toMatchObject({ status: "program" });
});
