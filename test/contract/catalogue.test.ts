import { describe, expect, it } from "vitest";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import type { V1RouteName } from "../../src/v1/paths.ts";
import { itFails, itIsAnnounced, meansMissing, offers, plain, stage } from "./support.ts";

interface Listing {
  readonly route: V1RouteName;
  readonly path: string;
  readonly list: (client: ManagedEngineClient, workingDirectory?: string) => Promise<unknown>;
  /** What the engine behind the server has. */
  readonly has: readonly object[];
  /** With every field, and with nothing but what it must have. */
  readonly whole: object;
  readonly least: object;
}

function itLists({ route, path, list, has, whole, least }: Listing): void {
  it("lists them", async () => {
    const { client, sent } = stage();
    expect(await list(client)).toEqual(has);
    expect(sent(route)).toEqual([plain("GET", path)]);
  });

  it("asks for those of a directory: of the call, else of the client", async () => {
    const { client, sent } = stage({ client: { workingDirectory: "/src/a" } });
    await list(client);
    await list(client, "/src/b c");
    expect(sent(route)).toEqual(
      ["/src/a", "/src/b c"].map((workingDirectory) => plain("GET", path, { workingDirectory })),
    );
  });

  it("takes every field; null is missing, and what is not known is left out", async () => {
    const { client, answer } = stage();
    const nulls = Object.fromEntries(
      Object.keys(whole).flatMap((name) => (name in least ? [] : [[name, null]])),
    );
    answer(route, () =>
      Response.json([
        { ...whole, mood: "fine" },
        { ...least, ...nulls },
      ]),
    );
    expect(await list(client)).toEqual([whole, least]);
  });

  itIsAnnounced(route, { call: list });
  itFails(route, { call: list, except: meansMissing });
}

describe("GET /v1/model", () => {
  const least = { id: "acme/small", name: "Small", isDefault: false };
  itLists({
    route: "listModels",
    path: "/v1/model",
    list: (client, workingDirectory) => client.models.list({ workingDirectory }),
    has: offers.models,
    whole: {
      ...least,
      provider: "acme",
      limits: { context: 1000, input: 800, output: 200 },
      inputs: ["text", "hologram"],
      reasoning: true,
      toolUse: true,
      cost: { input: 1, output: 2, cacheRead: 0.1, cacheWrite: 0.2 },
      status: "gamma",
      variants: ["high"],
    },
    least,
  });
});

describe("GET /v1/provider", () => {
  const least = { id: "acme", name: "Acme", credentials: { source: "letter", variables: ["ACME_KEY"] } };
  itLists({
    route: "listProviders",
    path: "/v1/provider",
    list: (client, workingDirectory) => client.providers.list({ workingDirectory }),
    has: offers.providers,
    whole: { ...least, defaultModel: "acme/large" },
    least,
  });
});

describe("GET /v1/agent", () => {
  const least = { id: "plan", role: "both", isDefault: false };
  itLists({
    route: "listAgents",
    path: "/v1/agent",
    list: (client, workingDirectory) => client.agents.list({ workingDirectory }),
    has: offers.agents,
    whole: { ...least, description: "Plans", model: "acme/large" },
    least,
  });
});

describe("GET /v1/command", () => {
  const least = { name: "review", placeholders: [] };
  itLists({
    route: "listCommands",
    path: "/v1/command",
    list: (client, workingDirectory) => client.commands.list({ workingDirectory }),
    has: offers.commands,
    whole: {
      ...least,
      description: "Reviews",
      source: "telepathy",
      placeholders: ["$1"],
      agent: "plan",
      model: "acme/large",
      subagent: true,
    },
    least,
  });
});
