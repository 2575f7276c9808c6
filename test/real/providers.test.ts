import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { say, script } from "../support/scripted-model/script.ts";
import { createWorkspace } from "../support/throwaway.ts";
import { useRealEngine } from "./engine.ts";

const npm = "@ai-sdk/openai-compatible";
const own = (options: object) => ({ npm, options, models: { any: {} } });

const real = useRealEngine({
  server: { env: { ANTHROPIC_API_KEY: "secret-of-anthropic", OPENAI_API_KEY: "secret-of-openai" } },
  config: ({ origin }) => ({
    agent: {
      reviewer: {
        description: "Reviews changes",
        mode: "primary",
        model: "local/small",
        prompt: "secret-of-agent",
      },
      everywhere: { description: "Works anywhere", mode: "all" },
    },
    provider: {
      openai: { options: { baseURL: `${origin}/v1` } },
      mistral: { options: { apiKey: "secret-of-mistral" } },
      ollama: own({ baseURL: `${origin}/ollama/v1` }),
      headed: own({ baseURL: `${origin}/v1`, headers: { Authorization: "Bearer secret-of-headed" } }),
    },
  }),
});

/** The reasoning effort that the model was asked for, and the model, in the last request for an answer. */
function lastAsked() {
  const request = real.engine.model.requests.findLast(({ kind }) => kind === "chat");
  const body = request?.body as { readonly reasoning_effort?: string } | undefined;
  return { model: request?.model, effort: body?.reasoning_effort };
}

describe("the providers", () => {
  it("say where their credentials come from, and never what they are", async () => {
    const client = real.client();
    // What `opencode auth login` does.
    await client.request("PUT", "/auth/groq", { body: { type: "api", key: "secret-of-groq" } });
    await client.request("PUT", "/auth/headed", { body: { type: "api", key: "secret-of-headed" } });
    await client.request("POST", "/instance/dispose");
    const providers = await client.providers.list();
    const credentials = Object.fromEntries(providers.map((provider) => [provider.id, provider.credentials]));
    expect(credentials).toMatchObject({
      anthropic: { source: "environment", variables: ["ANTHROPIC_API_KEY"] },
      openai: { source: "unknown", variables: ["OPENAI_API_KEY"] },
      groq: { source: "login", variables: ["GROQ_API_KEY"] },
      mistral: { source: "configuration", variables: ["MISTRAL_API_KEY"] },
      headed: { source: "configuration", variables: [] },
      local: { source: "configuration", variables: [] },
      ollama: { source: "none", variables: [] },
      opencode: { source: "none", variables: ["OPENCODE_API_KEY"] },
    });
    expect(providers.find(({ id }) => id === "local")).toMatchObject({
      name: "Local",
      defaultModel: "local/small",
    });

    const told = { providers, models: await client.models.list(), agents: await client.agents.list() };
    const everything = inspect({ told, client }, { depth: null, showHidden: true, maxArrayLength: null });
    expect(JSON.stringify(told) + everything).not.toMatch(/secret-of|apiKey|Bearer/);
  });

  it("depend on the directory", async () => {
    await using workspace = await createWorkspace({
      config: { provider: { here: own({ apiKey: "secret-of-here", baseURL: "http://127.0.0.1:9/v1" }) } },
    });
    const client = real.client();
    const idsIn = async (workingDirectory?: string) =>
      (await client.providers.list({ workingDirectory })).map(({ id }) => id);
    expect(await idsIn(workspace.directory)).toContain("here");
    expect(await idsIn()).not.toContain("here");
  });
});

describe("a model", () => {
  it("is chosen for a prompt, and the session stays with it", async () => {
    const client = real.client();
    const session = await client.session.create({ model: "local/scripted" });
    const by = async (model?: string) =>
      (await client.session.prompt(session, script(say("Here.")), { model }).result()).message?.model;
    expect(await by()).toBe("local/scripted");
    expect(await by("local/small")).toBe("local/small");
    expect(await by()).toBe("local/small");
    expect(await client.session.get(session)).toMatchObject({ model: "local/small" });
    expect(await by("scripted")).toBe("local/scripted");
  });

  it("has variants, each for one prompt", async () => {
    const client = real.client();
    const session = await client.session.create({ model: "local/scripted" });
    await client.session.prompt(session, script(say("Slow.")), { variant: "high" }).text();
    expect(lastAsked()).toEqual({ model: "scripted", effort: "high" });
    await client.session.prompt(session, script(say("Plain."))).text();
    expect(lastAsked()).toEqual({ model: "scripted", effort: undefined });
    await client.session.prompt(session, script(say("Quick.")), { model: "scripted", variant: "low" }).text();
    expect(lastAsked()).toEqual({ model: "scripted", effort: "low" });
  });

  it.each([
    [{ variant: "huge" }, /"local\/scripted" has no variant "huge": there are low, medium, high\.$/],
    [{ variant: "high", model: "local/small" }, /"local\/small" has no variant "high": it has none\.$/],
    [{ variant: "high", agent: "reviewer" }, /"local\/small" has no variant "high"/],
    [{ agent: "nobody" }, /^There is no agent "nobody": there are .*build.*reviewer/],
  ])("is not asked with %j", async (options, message) => {
    const client = real.client();
    const session = await client.session.create({ model: "local/scripted" });
    const call = client.session.prompt(session, script(say("Never said.")), options);
    const refusal = { code: "INVALID_REQUEST", message: expect.stringMatching(message) };
    await expect(call.text()).rejects.toMatchObject(refusal);
    expect(await client.session.messages(session)).toEqual([]);
  });
});

describe("the agents", () => {
  it("are listed without those that the engine keeps for itself", async () => {
    const agents = await real.client().agents.list();
    expect(agents.map(({ id }) => id).sort()).toEqual(
      ["build", "everywhere", "explore", "general", "plan", "reviewer"].sort(),
    );
    expect(agents).toContainEqual({
      id: "reviewer",
      description: "Reviews changes",
      role: "primary",
      isDefault: false,
      model: "local/small",
    });
    expect(agents.filter(({ isDefault }) => isDefault).map(({ id }) => id)).toEqual(["build"]);
    const roles = Object.fromEntries(agents.map(({ id, role }) => [id, role]));
    expect(roles).toMatchObject({ general: "subagent", everywhere: "both", plan: "primary" });
  });

  it("have a default that the configuration names", async () => {
    await using workspace = await createWorkspace({ config: { default_agent: "plan" } });
    const client = real.client();
    const agents = await client.agents.list({ workingDirectory: workspace.directory });
    expect(agents.filter(({ isDefault }) => isDefault).map(({ id }) => id)).toEqual(["plan"]);
    const session = await client.session.create({ workingDirectory: workspace.directory });
    await client.session.prompt(session, script(say("Planned."))).text();
    const [asked] = (await client.request("GET", `/session/${session.id}/message`)) as {
      info: { agent: string };
    }[];
    expect(asked?.info.agent).toBe("plan");
  });

  it("are chosen for one prompt, and bring their model along", async () => {
    const client = real.client();
    const session = await client.session.create({ model: "local/scripted" });
    const { message } = await client.session
      .prompt(session, script(say("Reviewed.")), { agent: "reviewer" })
      .result();
    expect(message?.model).toBe("local/small");
    expect(await client.session.get(session)).toMatchObject({ model: "local/small" });
    expect(real.engine.model.requests.at(-1)?.system).toContain("secret-of-agent");
    const asked = { agent: "reviewer", model: "local/scripted", variant: "high" };
    await client.session.prompt(session, script(say("Again.")), asked).text();
    expect(lastAsked()).toEqual({ model: "scripted", effort: "high" });
    await client.session.prompt(session, script(say("Built."))).text();
    expect(real.engine.model.requests.at(-1)?.system).not.toContain("secret-of-agent");
  });
});
