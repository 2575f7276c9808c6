import { createServer } from "node:net";

/** A port of this host on which nothing listens. OpenCode's own choice would be 4096, where others look for it. */
export async function freePort(host: string): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once("error", reject);
  server.listen(0, host, () => {
    const address = server.address();
    server.close(() => {
      if (typeof address === "object" && address !== null) resolve(address.port);
      else reject(new Error(`${host} gave no port.`));
    });
  });
  return promise;
}
