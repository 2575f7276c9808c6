import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below the range from which Linux, macOS and Windows take ports for outgoing connections and for port 0. */
const FIRST = 20_000;
const END = 32_000;

/**
 * A port of 127.0.0.1 on which nothing listens, and which nothing else on this machine comes upon by itself: a test
 * may close it and open it again. (What the system gives for port 0 goes to the next who asks.)
 */
export async function testPort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, END);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once("error", () => resolve(false));
  server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  return promise;
}
