import { readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { OpenCodeClient } from "../../src/opencode/client.ts";
import { v1Routes } from "../../src/v1/paths.ts";
import { askAgain, atLeast, same } from "./frozen/ask-again.ts";
import { serveFrozenEngine } from "./frozen/engine.ts";
import { FrozenServer } from "./frozen/frozen-server.ts";
import { entriesOf, type Frozen, frozenAs } from "./frozen/transcript.ts";
import { useEveryRoute } from "./frozen/use-every-route.ts";

const versions = readdirSync(new URL("frozen/versions", import.meta.url)).map(frozenAs);
const current = manifest.version.split(".", 2).join(".");

const resultsOf = ({ results }: Frozen): object => JSON.parse(readFileSync(results, "utf8"));

it("this version is frozen, with every route of the contract", () => {
  expect(versions.map(({ version }) => version)).toContain(current);
  const asked = entriesOf(frozenAs(current)).flatMap((entry) => (entry.type === "request" ? entry : []));
  const { openapi: _, ...routes } = v1Routes;
  const missing = Object.values(routes).filter(({ method, path }) => {
    const pattern = new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/:\w+/g, "[^/]+")}$`);
    return !asked.some((request) => request.method === method && pattern.test(request.path));
  });
  expect(missing).toEqual([]);
});

describe.each(versions)("the contract as it was in $version", (frozen) => {
  it("is what the server says now", async () => {
    await using server = serveFrozenEngine();
    await askAgain(server.handle, entriesOf(frozen), frozen.version === current ? same : atLeast);
  });

  it("is read by the client of now", async () => {
    const { fetch } = new FrozenServer(entriesOf(frozen));
    const client = new OpenCodeClient({ protocol: "v1", fetch });
    expect(await useEveryRoute(client)).toMatchObject(resultsOf(frozen));
    await client.dispose();
  });

  it("is what its own client gets from the server of now", async () => {
    await using server = serveFrozenEngine();
    const { OpenCodeClient: OlderClient }: { OpenCodeClient: typeof OpenCodeClient } = await import(
      pathToFileURL(frozen.client).href
    );
    const client = new OlderClient({ protocol: "v1", fetch: server.fetch });
    expect(await useEveryRoute(client)).toMatchObject(resultsOf(frozen));
    await client.dispose();
  });
});
