import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { hunksOf, type ManagedEngineClient, type PromptEvent } from "@quantumreef/engine-client";
import { beforeAll, describe, expect, it } from "vitest";
import { linesOf } from "../support/lines-of.ts";
import { callTool, nextStep, repeat, say, sayMuch, script } from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";
import { collect, foldPrompt } from "./fold.ts";

const program = join(import.meta.dirname, "../support/mcp-server.ts");
const real = useRealEngine({
  config: { mcp: { calc: { type: "local", command: [process.execPath, program] } } },
});
const TIMEOUT = 60_000;
const MB_2 = 2_000_000;

/** A client, and how many requests it has made. */
function counting(): { client: ManagedEngineClient; requests: string[] } {
  const requests: string[] = [];
  const client = real.client({
    fetch: (input, init) => {
      const request = new Request(input, init);
      requests.push(`${request.method} ${new URL(request.url).pathname.replace(/\/ses_\w+/, "/:id")}`);
      return fetch(request);
    },
  });
  return { client, requests };
}

const text = (events: readonly PromptEvent[]) => foldPrompt(events).text;

/** What `repeat(count, "<name>:#,")` says. */
const counted = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${name}:${index},`).join("");

beforeAll(async () => {
  // The first prompt in a directory takes its time.
  const client = real.client();
  await client.session.prompt(await client.session.create(), script(say("Ready."))).text();
}, TIMEOUT);

describe("large outputs of the real engine", () => {
  it("of 2 MB by a command: the end is told, and where all of it is", { timeout: TIMEOUT }, async () => {
    const client = real.client();
    const session = await client.session.create();
    const command = `for i in $(seq 1 31250); do printf '%063d\\n' $i; done`;
    const prompt = script(callTool("bash", { command, description: "x" }), nextStep(), say("Done."));
    const call = client.session.prompt(session, prompt);
    const events = await collect(call);
    const [toolCall] = (await call.result()).toolCalls;
    const whole = await readFile(toolCall?.outputPath ?? "", "utf8");
    expect(whole).toHaveLength(MB_2);
    const last = `${String(31_250).padStart(63, "0")}\n`;
    expect(whole.endsWith(last)).toBe(true);
    // Where the end begins, also within a line, depends on the pieces in which it was printed.
    const [, end = ""] = toolCall?.output?.split(`${toolCall.outputPath}\n\n`) ?? [];
    expect(end.length).toBeGreaterThan(10_000);
    expect(whole.endsWith(end)).toBe(true);
    expect(foldPrompt(events).toolCalls).toEqual([toolCall]);
    expect((await client.session.toolCalls(session)).map((one) => one.toolCall)).toEqual([toolCall]);
  });

  it("of 2 MB by a tool of an MCP server", { timeout: TIMEOUT }, async () => {
    const client = real.client();
    const session = await client.session.create();
    const prompt = script(callTool("calc_print", { size: MB_2 }), nextStep(), say("Done."));
    const [toolCall] = (await client.session.prompt(session, prompt).result()).toolCalls;
    expect(await readFile(toolCall?.outputPath ?? "", "utf8")).toBe(linesOf(MB_2));
    const beginning = toolCall?.output?.slice(0, 20_000) ?? "";
    expect(beginning).toHaveLength(20_000);
    expect(linesOf(MB_2).startsWith(beginning)).toBe(true);
  });

  it("of 600 kB by the model: the same in its events, its result and its message", {
    timeout: TIMEOUT,
  }, async () => {
    const client = real.client();
    const session = await client.session.create();
    const call = client.session.prompt(session, script(sayMuch(600_000)));
    const told = text(await collect(call));
    expect(told).toHaveLength(600_000);
    expect(await call.text()).toBe(told);
    expect((await client.session.messages(session)).at(-1)?.content.text).toBe(told);
  });
});

describe("large inputs of the real engine", () => {
  it("of 600 kB arrive as they were sent", { timeout: TIMEOUT }, async () => {
    const client = real.client();
    const session = await client.session.create();
    const prompt = `${"Grüße, 世界 🌍!\n".repeat(43_000)}${script(say("Read."))}`;
    expect(prompt.length).toBeGreaterThan(600_000);
    expect(await client.session.prompt(session, prompt).text()).toBe("Read.");
    const [message] = await client.session.messages(session);
    expect(message?.content.text).toBe(prompt);
    expect(JSON.stringify(real.engine.model.requests.at(-1)?.body)).toContain(
      JSON.stringify(prompt).slice(1, -1),
    );
  });

  it("of 2 MB to a tool are shown whole to who has to allow it, line by line", {
    timeout: TIMEOUT,
  }, async () => {
    const client = real.client();
    const session = await client.session.create({ reviewEdits: true });
    const filePath = real.engine.workspace.path("large.txt");
    const content = linesOf(MB_2);
    const call = client.session.prompt(
      session,
      script(callTool("write", { filePath, content }), nextStep(), say("Done.")),
    );
    for await (const event of call) {
      if (event.type !== "permission_requested") continue;
      const [file] = event.diff ?? [];
      expect(file).toMatchObject({ path: filePath, status: "added", additions: 31_250, deletions: 0 });
      const lines = file === undefined ? [] : hunksOf(file).flatMap((hunk) => hunk.lines);
      expect(lines.map((line) => `${line.text}\n`).join("")).toBe(content);
      expect(lines.at(-1)).toMatchObject({ kind: "added", newLine: 31_250 });
      await client.permissions.reply(event, "allow");
    }
    const [toolCall] = (await call.result()).toolCalls;
    expect(toolCall).toMatchObject({ status: "success", input: { filePath, content } });
    expect(await readFile(filePath, "utf8")).toBe(content);
  });
});

describe("many things at once", () => {
  it("20,000 deltas are told in order, and cost a handful of requests as 20 do", {
    timeout: TIMEOUT,
  }, async () => {
    for (const count of [20, 20_000]) {
      const { client, requests } = counting();
      const session = await client.session.create();
      const events = await collect(client.session.prompt(session, script(repeat(count, "d:#,"))));
      const deltas = events.filter(({ type }) => type === "text_delta");
      expect(text(events)).toBe(counted("d", count));
      // Some may have been merged; none was told in pieces, and nothing was told again.
      expect(deltas.length).toBeGreaterThan(0);
      expect(deltas.length).toBeLessThanOrEqual(count);
      expect(requests.length).toBeLessThanOrEqual(25);
    }
  });

  it("50 prompts on one server are each answered exactly, over one event stream", {
    timeout: TIMEOUT,
  }, async () => {
    const { client, requests } = counting();
    await client.connect();
    const names = Array.from({ length: 50 }, (_, index) => `p${index}`);
    const turns = await Promise.all(
      names.map(async (name) => {
        const session = await client.session.create();
        const call = client.session.prompt(session, script(repeat(40, `${name}:#,`)));
        const events = await collect(call);
        return { session, name, told: text(events), last: events.at(-1)?.type, result: await call.result() };
      }),
    );
    for (const { session, name, told, last, result } of turns) {
      const expected = counted(name, 40);
      expect([told, result.text, last]).toEqual([expected, expected, "message_done"]);
      expect(client.registry.get(session)?.status).toBe("completed");
    }
    const times = (request: string) => requests.filter((one) => one === request).length;
    expect(times("GET /global/event")).toBe(1);
    expect(times("POST /session/:id/prompt_async")).toBe(50);
    // As many for each as one alone needs, and what is shared.
    expect(requests.length).toBeLessThanOrEqual(50 * 6 + 20);
    const messages = await Promise.all(turns.map(({ session }) => client.session.messages(session)));
    expect(messages.map((list) => list.at(-1)?.content.text)).toEqual(names.map((name) => counted(name, 40)));
  });
});
