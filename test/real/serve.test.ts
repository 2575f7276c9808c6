import { type EngineEvent, type Message, OpenCodeClient } from "@quantumreef/engine-client";
import { serveV1, type V1Server } from "@quantumreef/engine-client/server";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createFaultProxy } from "../../src/testing/faults/proxy.ts";
import { startServing } from "../cli/support.ts";
import { callTool, nextStep, repeat, say, script } from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";
import { collect, foldPrompt } from "./fold.ts";
import { emptyWithin, processesOf, setUpMachine } from "./machine.ts";

describe("OpenCodeClient (v1) -> serveV1 -> OpenCodeClient (native) -> the real engine", () => {
  const real = useRealEngine({ config: { permission: { bash: "ask" } } });
  const password = "s3cret";
  let server: V1Server;

  beforeAll(async () => {
    server = await serveV1(real.client({ protocol: "native" }), {
      port: 0,
      prefix: "/engines/one",
      password,
    });
  });
  afterAll(() => server.close());

  /** A client at the far end. */
  const far = (baseUrl = server.url) => {
    const client = new OpenCodeClient({
      baseUrl,
      protocol: "v1",
      headers: { authorization: `Bearer ${password}` },
      workingDirectory: real.engine.workspace.directory,
    });
    onTestFinished(() => client.dispose());
    return client;
  };

  it("is found out by itself, and is healthy", async () => {
    const client = new OpenCodeClient({
      baseUrl: server.url,
      headers: { authorization: `Basic ${btoa(`anybody:${password}`)}` },
    });
    onTestFinished(() => client.dispose());
    await client.connect();
    expect(client.version).toBe("1.18.33");
    expect(await client.health()).toMatchObject({ ok: true });
    expect(client.capabilities).toMatchObject({ permissions: true, summarize: true, storeMessage: true });
  });

  it("carries a turn with a tool that has to be allowed, exactly as the engine keeps it", async () => {
    const client = far();
    const session = await client.session.create({ title: "chain" });
    const prompt = script(
      say("I look. "),
      callTool("bash", { command: "echo hi", description: "d" }),
      nextStep(),
      say("It said hi. äöü 👩‍💻", { size: 3 }),
    );
    const call = client.session.prompt(session, prompt);
    const events = [];
    for await (const event of call) {
      events.push(event);
      if (event.type === "permission_requested") {
        expect(event).toMatchObject({ sessionId: session.id, description: "Run `echo hi`", tool: "bash" });
        await client.permissions.reply(event, "allow");
      }
    }
    const result = await call.result();
    expect(result.text).toBe("I look. It said hi. äöü 👩‍💻");
    expect(result.toolCalls).toMatchObject([{ name: "bash", status: "success", output: "hi\n" }]);
    expect(foldPrompt(events)).toMatchObject({ text: result.text, toolCalls: result.toolCalls });
    // What the engine itself has, read by a client that is none of the chain.
    const kept = await real.client().session.messages(session);
    expect(result.messages.map(withoutToolParts)).toEqual(
      kept.filter(({ role }) => role === "assistant").map(withoutToolParts),
    );
    const carried = await client.session.messages(session);
    expect(carried.map(withoutToolParts)).toEqual(kept.map(withoutToolParts));
  });

  it("denies a tool with a reason that the model reads", async () => {
    const client = far();
    const session = await client.session.create();
    const prompt = script(
      callTool("bash", { command: "echo hi", description: "d" }),
      nextStep(),
      say("Then not."),
    );
    const call = client.session.prompt(session, prompt);
    for await (const event of call) {
      if (event.type === "permission_requested") {
        await client.permissions.reply(event, "deny", { message: "Not today." });
      }
    }
    const { toolCalls, text } = await call.settled();
    expect(toolCalls).toMatchObject([{ status: "error", error: expect.stringContaining("Not today.") }]);
    expect(text).toBe("Then not.");
  });

  it("aborts the engine", async () => {
    const client = far();
    const session = await client.session.create();
    const call = client.session.prompt(session, script(repeat(2_000, "tick # ", 20)));
    const events = [];
    for await (const event of call) {
      events.push(event);
      if (event.type === "text_delta") await call.abort();
    }
    const { status, text } = await call.settled();
    // However little of it had come by then.
    expect([status, text]).toEqual(["aborted", expect.stringMatching(/^tick/)]);
    expect(foldPrompt(events).text).toBe(text);
    await client.registry.waitFor(session, ({ status }) => status !== "running");
    const { directory } = real.engine.workspace;
    expect(await real.client().request("GET", "/session/status", { query: { directory } })).toEqual({});
  });

  it("tells of what others do: another client of the engine, and another one at the far end", async () => {
    const [one, two, direct] = [far(), far(), real.client()];
    await Promise.all([one.connect(), two.connect(), direct.connect()]);
    const seen: EngineEvent[] = [];
    one.events.subscribe((event) => seen.push(event));
    const session = await direct.session.create({ title: "elsewhere" });
    for (const client of [one, two]) {
      expect(await client.registry.waitFor(session, () => true)).toMatchObject({ title: "elsewhere" });
    }
    const prompt = script(
      callTool("bash", { command: "echo hi", description: "d" }),
      nextStep(),
      say("Done by three."),
    );
    direct.events.subscribe(() => {});
    const call = direct.session.prompt(session, prompt);
    await two.registry.waitFor(session, ({ activity }) => activity === "awaiting_permission");
    const [request] = two.registry.getSnapshot().permissions;
    await two.permissions.reply(request ?? "", "allow");
    expect(await call.text()).toBe("Done by three.");
    await one.registry.waitFor(session, ({ status }) => status === "completed");
    const text = seen.flatMap((event) => (event.type === "message_delta" ? event.delta : []));
    expect(text.join("")).toBe("Done by three.");
    expect(one.registry.getSnapshot().permissions).toEqual([]);
  });

  it("goes on after a drop of the connection where it was, by Last-Event-ID", async () => {
    const proxy = await createFaultProxy({ target: server.url });
    onTestFinished(() => proxy.close());
    const asked: (string | null)[] = [];
    const client = new OpenCodeClient({
      baseUrl: proxy.url,
      protocol: "v1",
      headers: { authorization: `Bearer ${password}` },
      fetch: (input, init) => {
        const request = new Request(input, init);
        if (request.url.endsWith("/v1/events")) asked.push(request.headers.get("last-event-id"));
        return fetch(request);
      },
    });
    onTestFinished(() => client.dispose());
    await client.connect();
    const caughtUp: number[] = [];
    client.events.subscribe((event) => {
      if (event.type === "stream_resynced") caughtUp.push(event.sessions);
    });
    const session = await client.session.create();
    const call = client.session.prompt(session, script(repeat(150, "tick # ", 10), say("end.")));
    const events = [];
    for await (const event of call) {
      events.push(event);
      if (event.type === "text_delta" && asked.length < 3 && event.delta.includes("0")) proxy.cutAll();
    }
    const result = await call.result();
    expect(asked[0]).toBeNull();
    expect(asked.length).toBeGreaterThan(1);
    for (const id of asked.slice(1)) expect(id).toMatch(/^[\da-f]{8}-\d+$/);
    // Nothing had to be read again, not once.
    expect(caughtUp).toEqual(asked.slice(1).map(() => 0));
    expect(foldPrompt(events).text).toBe(result.text);
    const kept = await real.client().session.messages(session);
    expect(result.messages).toEqual(kept.filter(({ role }) => role === "assistant"));
  });
});

/** Over the contract a tool call's part has the id of the call: as they go they are told without the engine's own. */
function withoutToolParts({ parts = [], ...message }: Message) {
  return { ...message, parts: parts.map((part) => (part.type === "tool" ? part.toolCall : part)) };
}

describe("engine-client serve", () => {
  it("starts the engine, serves it to clients in any language, and leaves nothing behind", async () => {
    const { options, home, workspace } = await setUpMachine();
    const served = await startServing(["serve", "--directory", workspace.directory], {
      env: { ...options.env, QUANTUMREEF_OPENCODE_PORT: "0", QUANTUMREEF_SERVER_PASSWORD: "very-secret" },
      cwd: workspace.directory,
    });
    expect((await fetch(`${served.url}/v1/session`)).status).toBe(401);
    const client = new OpenCodeClient({
      baseUrl: served.url,
      headers: { authorization: "Bearer very-secret" },
    });
    onTestFinished(() => client.dispose());
    const session = await client.session.create();
    expect(session.workingDirectory).toBe(workspace.directory);
    // What serves it is no secret of the engine's tools.
    const command = 'echo "<$QUANTUMREEF_SERVER_PASSWORD>"';
    const call = client.session.prompt(
      session,
      script(callTool("bash", { command, description: "d" }), nextStep(), say("Served.")),
    );
    const events = await collect(call);
    expect((await call.result()).toolCalls).toMatchObject([{ status: "success", output: "<>\n" }]);
    expect(foldPrompt(events).text).toBe("Served.");
    expect(processesOf(home).length).toBeGreaterThan(1);
    served.kill("SIGTERM");
    expect(await served.end).toEqual({ code: 0, signal: null });
    await emptyWithin(home, 10_000);
    expect(served.log()).not.toContain("very-secret");
  });
});
