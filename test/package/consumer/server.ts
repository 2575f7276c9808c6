// A consumer of the server entry.
import { createEngineClient, type EngineDriver } from "@quantumreef/engine-client";
import { createV1Handler, serveV1, type V1Handler } from "@quantumreef/engine-client/server";

export function handler(driver: EngineDriver): V1Handler {
  return createV1Handler(createEngineClient(driver), {
    prefix: "/engines/acme",
    allowedOrigins: ["https://a.test"],
  });
}

export async function served(driver: EngineDriver): Promise<string> {
  const { url, port, close } = await serveV1(createEngineClient(driver), { port: 0, password: "s3cret" });
  await close();
  return `${url} ${port}`;
}
