/*
 * Run by proxy-close.test.ts in a process of its own: closes a proxy with every kind of silence under way, and must
 * then exit by itself.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { createFaultProxy } from "../../../src/testing/faults/proxy.ts";

const server = createServer((_, response) => void response.write("0123"));
await once(server.listen(0, "127.0.0.1"), "listening");
const address = server.address();
if (typeof address !== "object" || !address) throw new Error("not listening");
const proxy = await createFaultProxy({ target: `http://127.0.0.1:${address.port}` });
proxy.inject({ on: "/stall", type: "stall", ms: 3_600_000 });
proxy.inject({ on: "/hang", type: "hang" });
await Promise.all([fetch(`${proxy.url}/stall`), fetch(`${proxy.url}/hang`), fetch(proxy.url)]);
proxy.hangAll();
const late = fetch(proxy.url).catch(() => {});
await new Promise((resolve) => setTimeout(resolve, 20));
await proxy.close();
await late;
server.close();
process.stdout.write("closed\n");
