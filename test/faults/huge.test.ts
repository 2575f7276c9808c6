import { expect, it } from "vitest";
import { OpenCodeClient } from "../../src/opencode/client.ts";
import { startFakeOpenCode } from "../../src/testing/faults/fake-open-code.ts";
import { hugeFrame } from "../../src/testing/faults/frame-faults.ts";
import { createFaultProxy } from "../../src/testing/faults/proxy.ts";
import { until } from "../hub/support.ts";

it("a frame of 16 MB is read, and the stream goes on", { timeout: 60_000 }, async () => {
  await using fake = asDisposable(await startFakeOpenCode({ heartbeatMs: 50 }));
  const proxy = await createFaultProxy({ target: fake.url });
  proxy.inject({
    on: "/global/event",
    type: "frames",
    transform: hugeFrame(16 * 1024 * 1024, 2),
    times: 1,
  });
  const client = new OpenCodeClient({ baseUrl: proxy.url });
  const names: string[] = [];
  let size = 0;
  client.events.subscribe((event) => {
    names.push(event.type === "unknown" ? event.name : event.type);
    if (event.type === "unknown") size = JSON.stringify(event.raw).length;
  });
  await client.connect();
  await until(() => names.includes("fault.unknown"));
  expect(names).toEqual(["fault.unknown"]);
  expect(size).toBeGreaterThan(0);
  expect(client.events.status.state).toBe("open");
  await client.dispose();
  await proxy.close();
});

function asDisposable<T extends { close(): Promise<void> }>(server: T): T & AsyncDisposable {
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.close() });
}
