import { describe, expect, it } from "vitest";
import { noCapabilities } from "../../src/engine/capabilities.ts";
import {
  itFails,
  malformed,
  meansMissing,
  missingRoute,
  oldHealth,
  plain,
  refusals,
  stage,
} from "./support.ts";

describe("GET /v1/health", () => {
  it("says that the server is well, what it is and what it can do", async () => {
    const { client, sent } = stage();
    expect(await client.health()).toEqual({ ok: true, latencyMs: expect.any(Number) });
    expect(client.version).toBe("mock");
    // All that there is.
    expect(Object.entries(client.capabilities).filter(([, can]) => !can)).toEqual([]);
    expect(Object.keys(client.capabilities).toSorted()).toEqual(Object.keys(noCapabilities).toSorted());
    for (const request of sent("health")) expect(request).toEqual(plain("GET", "/v1/health"));
    expect(sent("listSessions")).toEqual([]);
  });

  it.each([
    ["the least", { ok: true }],
    ["null for what may be missing", { ok: true, version: null, heartbeatMs: null, capabilities: null }],
    ["what is not known", { ok: true, capabilities: { levitation: false }, mood: "fine" }],
  ])("takes %s", async (_, body) => {
    const { client, answer } = stage();
    answer("health", () => Response.json(body));
    expect(await client.health()).toEqual({ ok: true, latencyMs: expect.any(Number) });
    expect(client.capabilities).toMatchObject({ storeMessage: true, summarize: true });
  });

  it("says what the engine behind the server lacks", async () => {
    const { client } = stage({ engine: { capabilities: { fork: false, reviewEdits: false } } });
    await client.health();
    expect(client.capabilities).toMatchObject({ fork: false, reviewEdits: false, revert: true });
  });

  it.each([
    ["that has none", { coreOnly: true }, undefined],
    ["of an older server", {}, oldHealth],
    ["that tells no capabilities", {}, { ok: true }],
  ])(
    "%s: the client expects what every server of its age can do, and no more",
    async (_, options, health) => {
      const { client, answer } = stage(options);
      if (health !== undefined) answer("health", () => Response.json(health));
      const session = await client.session.create({ title: "One" });
      expect(await client.session.prompt(session, "Hi").text()).toBe("Mock answer.");
      expect(await client.session.list({ search: "on" })).toMatchObject([{ title: "One" }]);
      const can = Object.entries(client.capabilities).filter(([, has]) => has);
      expect(can.map(([name]) => name).toSorted()).toEqual(
        ["permissions", "request", "storeMessage", "summarize", "urlAttachments"].toSorted(),
      );
    },
  );

  it("is not believed in what the contract has no word for", async () => {
    const { client, answer } = stage();
    const capabilities = { levitation: true, request: false, urlAttachments: false, __proto__: true };
    answer("health", () => Response.json({ ok: true, capabilities }));
    await client.health();
    expect(client.capabilities).toMatchObject({ request: false, urlAttachments: false, storeMessage: true });
    expect(client.capabilities).not.toHaveProperty("levitation");
  });

  it("says that the server is not well", async () => {
    const { client, answer } = stage();
    answer("health", () => Response.json({ ok: false }));
    expect(await client.health()).toEqual({
      ok: false,
      latencyMs: expect.any(Number),
      error: expect.any(String),
    });
  });

  it.each(missingRoute)("is done without when it is answered with %s: the list is read", async (_, make) => {
    const { client, answer, sent } = stage();
    answer("health", make);
    expect(await client.health()).toEqual({ ok: true, latencyMs: expect.any(Number) });
    expect(sent("listSessions")).not.toEqual([]);
  });

  it.each(refusals.filter(([, code]) => code !== "UNSUPPORTED"))(
    "refused with %d %s: not well, with the reason",
    async (status, code) => {
      const { client, answer } = stage();
      answer("health", () => Response.json({ error: { code, message: "The reason." } }, { status }));
      expect(await client.health()).toMatchObject({
        ok: false,
        error: expect.stringContaining("The reason."),
      });
    },
  );

  it.each(malformed.filter(([name]) => !meansMissing.includes(name)))(
    "answered with %s: not well",
    async (_, make) => {
      const { client, answer } = stage();
      answer("health", make);
      expect(await client.health()).toMatchObject({
        ok: false,
        error: expect.stringContaining("/v1/health"),
      });
    },
  );

  it.each([
    [401, "AUTH_REQUIRED"],
    [403, "PERMISSION_DENIED"],
    [429, "RATE_LIMITED"],
    [503, "ENGINE_UNAVAILABLE"],
  ])(
    "refused with %d %s: not well, with the reason, and every other call fails by it",
    async (status, code) => {
      const { client, answer } = stage();
      answer("health", () => Response.json({ error: { code, message: "The reason." } }, { status }));
      expect(await client.health()).toEqual({
        ok: false,
        latencyMs: expect.any(Number),
        error: expect.stringContaining("The reason."),
      });
      await expect(client.session.list()).rejects.toMatchObject({ code, status });
    },
  );
});

describe("GET /v1/openapi.json", () => {
  it("hands out the document of the contract", async () => {
    const { client, sent } = stage();
    const document = await client.request("GET", "/v1/openapi.json");
    expect(document).toMatchObject({ openapi: expect.stringMatching(/^3\.1/), paths: expect.anything() });
    expect(sent("openapi")).toEqual([plain("GET", "/v1/openapi.json")]);
  });

  itFails("openapi", {
    call: (client) => client.request("GET", "/v1/openapi.json"),
    // Of any route of the server: what it answers is not known here.
    except: ["an empty body", "another shape"],
  });
});
