import { describe, expect, it, onTestFinished } from "vitest";
import { OpenCodeClient } from "../../src/opencode/client.ts";
import { requestHead, statusOf } from "../support/raw-http.ts";
import { runCli, startServing } from "./support.ts";

const withClient = (baseUrl: string, headers = {}) => {
  const client = new OpenCodeClient({ baseUrl, headers });
  onTestFinished(() => client.dispose());
  return client;
};

describe("engine-client mock", { timeout: 60_000 }, () => {
  it("answers prompts, always the same", async () => {
    const { url } = await startServing(["mock"]);
    const client = withClient(url);
    const session = await client.session.create({ title: "Try" });
    const ask = (prompt: string) => client.session.prompt(session, prompt);
    expect(await ask("Hello there").text()).toBe("You said: Hello there");
    expect(await ask("help").text()).toMatch(/^help {4}lists these words\nthink/);
    expect(await ask("fail RATE_LIMITED").settled()).toMatchObject({ error: { code: "RATE_LIMITED" } });
    expect(await ask("fail").settled()).toMatchObject({ error: { code: "PROVIDER_ERROR" } });
    const { messages } = await ask("Think of cats").result();
    expect(messages[0]?.parts).toMatchObject([
      { type: "reasoning", text: "They say: of cats" },
      { type: "text", text: "I have thought about it." },
    ]);
    expect((await ask("read a.txt").result()).toolCalls).toMatchObject([
      { name: "read", input: { filePath: "a.txt" }, status: "success", output: "(pretended) a.txt\n" },
    ]);
  });

  it.each([
    ["allow", { status: "success", output: "(pretended) ls -l\n" }],
    ["deny", { status: "error" }],
  ] as const)("asks before it runs a command: %s", async (decision, outcome) => {
    const { url } = await startServing(["mock"]);
    const client = withClient(url);
    const session = await client.session.create();
    const call = client.session.prompt(session, "run ls -l");
    for await (const event of call) {
      if (event.type === "permission_requested") await client.permissions.reply(event, decision);
    }
    expect((await call.settled()).toolCalls).toMatchObject([{ name: "bash", ...outcome }]);
  });

  it("works until it is aborted", async () => {
    const { url } = await startServing(["mock"]);
    const client = withClient(url);
    const session = await client.session.create();
    const call = client.session.prompt(session, "wait");
    for await (const event of call) if (event.type === "text_delta") await call.abort();
    expect(await call.settled()).toMatchObject({ status: "aborted", text: expect.stringMatching(/^I am/) });
  });

  it.each(["SIGINT", "SIGTERM"] as const)("ends on %s with 0, and with all that is open", async (signal) => {
    const served = await startServing(["mock"]);
    const client = withClient(served.url);
    await client.connect();
    const call = client.session.prompt(await client.session.create(), "wait");
    await call;
    served.kill(signal);
    expect(await served.end).toEqual({ code: 0, signal: null });
    expect(served.log()).toBe(`Listening on ${served.url}\n`);
    await expect(fetch(served.url)).rejects.toThrow();
  });

  it("wants the password of its variable, and does not tell it", async () => {
    const env = { QUANTUMREEF_SERVER_PASSWORD: "very-secret" };
    const served = await startServing(["mock", "--hostname", "0.0.0.0"], { env });
    expect((await fetch(`${served.url}/v1/session`)).status).toBe(401);
    const client = withClient(served.url, { authorization: "Bearer very-secret" });
    expect(await client.session.list()).toEqual([]);
    expect(served.log()).not.toContain("very-secret");
  });

  it("lets a web page in that is named", async () => {
    const page = "http://localhost:3000";
    const { url } = await startServing(["mock", "--allow-origin", page, "--allow-origin", "http://a.test"]);
    const ask = (origin: string) => fetch(`${url}/v1/session`, { headers: { origin } });
    expect((await ask(page)).headers.get("access-control-allow-origin")).toBe(page);
    expect((await ask("http://b.test")).status).toBe(403);
  });

  it("answers to a further name", async () => {
    const { port } = await startServing(["mock", "--allow-host", "mock.test"]);
    expect(await statusOf(port, requestHead("GET", "/v1/session", { Host: "mock.test:80" }))).toBe(200);
    expect(await statusOf(port, requestHead("GET", "/v1/session"))).toBe(200);
    expect(await statusOf(port, requestHead("GET", "/v1/session", { Host: "evil.test" }))).toBe(403);
  });

  it("says that its port is taken", async () => {
    const { port } = await startServing(["mock"]);
    const second = await runCli(["mock", "--port", String(port)]);
    expect(second).toEqual({
      code: 1,
      log: `Port ${port} of 127.0.0.1 is taken by another program: choose another port, or 0 for a free one.\n`,
    });
  });

  it.each([
    [["mock", "--port", "70000"], '--port is "70000"; a whole number from 0 to 65535 is wanted.'],
    [["mock", "--port", "http"], '--port is "http"'],
    [["mock", "--prt", "1"], "Unknown option '--prt'"],
    [["mock", "now"], "Unexpected argument 'now'"],
    [["mock", "--password", "very-secret"], "put it into the variable QUANTUMREEF_SERVER_PASSWORD"],
    [["serve", "--password=very-secret"], "put it into the variable QUANTUMREEF_SERVER_PASSWORD"],
    [["mok"], 'There is no command "mok".'],
    [[], "Say what to do."],
  ])("answers wrong use with what is right: %j", async (args, says) => {
    const { code, log } = await runCli(args);
    expect(code).toBe(2);
    expect(log).toContain(says);
    expect(log).toContain("Usage: engine-client");
    expect(log).not.toContain("very-secret");
  });

  it.each([
    [["mock", "--hostname", "0.0.0.0"], 'Whoever reaches "0.0.0.0" could run tools on this machine'],
    [["mock", "--allow-origin", "*"], '"allowedOrigins" has "*"'],
    [["mock", "--allow-host", "http://a"], '"allowedHosts" has "http://a"'],
  ])("refuses what would not be safe, in one sentence: %j", async (args, says) => {
    const { code, log } = await runCli([...args, "--port", "0"]);
    expect(code).toBe(1);
    expect(log).toContain(says);
    expect(log.trimEnd().split("\n")).toHaveLength(1);
  });

  it.each([["--help"], ["-h"], ["mock", "--help"], ["serve", "-h"], ["doctor", "--help"]])(
    "explains itself: %s %s",
    async (...args) => {
      const { code, log } = await runCli(args.filter((arg) => arg !== undefined));
      expect([code, log]).toEqual([0, expect.stringContaining("Usage: engine-client")]);
    },
  );
});
