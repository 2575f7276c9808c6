import { expect, it } from "vitest";
import { next, stage } from "./support.ts";

it("a session that another process seems to run is not waited for", async () => {
  const { engine, client, session } = await stage();
  await client.connect();
  const running = next(client, "session_updated");
  engine.emit({ type: "session_status", sessionId: session.id, running: true, verified: false });
  expect((await running).session).toMatchObject({ status: "running", verified: false });
  for (const ifRunning of ["queue", "reject"] as const)
    expect(await client.session.prompt(session, "Hi", { ifRunning }).text()).toBe("Mock answer.");
});
