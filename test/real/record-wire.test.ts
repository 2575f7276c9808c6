import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ManagedEngineClient, OpenCodeClient, type PromptEvent } from "@quantumreef/engine-client";
import { recordWire, replayWire } from "@quantumreef/engine-client/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { callTool, nextStep, say, script } from "../support/scripted-model/script.ts";
import { createFolder, removeFolder } from "../support/throwaway.ts";
import { useRealEngine } from "./engine.ts";

const password = "correct horse 4 battery";
const key = "4f1d77c0aa52e9b3-of-local";

const real = useRealEngine({
  config: { permission: { bash: "ask" }, provider: { local: { options: { apiKey: key } } } },
  server: { env: { OPENCODE_SERVER_PASSWORD: password } },
});

/** What a person does, and all that they see of it. */
async function work(client: ManagedEngineClient) {
  // What the client itself notes the time of is not to differ either.
  vi.useFakeTimers({ toFake: ["Date"], now: 1_700_000_000_000 });
  try {
    const session = await client.session.create({ title: "Recorded" });
    const call = client.session.prompt(session, ask);
    const events: PromptEvent[] = [];
    for await (const event of call) {
      events.push(event);
      if (event.type === "permission_requested") await client.permissions.reply(event, "allow");
    }
    const result = await call.result();
    const again = await client.session.prompt(session, script(say("Twice."))).result();
    const messages = await client.session.messages(session);
    // With the keys of its providers in clear.
    const configuration = await client.request("GET", "/config");
    return { saw: { session, events: withoutPace(events), result, again, messages }, configuration };
  } finally {
    vi.useRealTimers();
    await client.dispose();
  }
}
/** How many deltas a text comes in depends on how fast they are read. */
function withoutPace(events: readonly PromptEvent[]): readonly PromptEvent[] {
  const all: PromptEvent[] = [];
  for (const event of events) {
    const last = all.at(-1);
    if (event.type === "text_delta" && last?.type === "text_delta" && last.partId === event.partId)
      all[all.length - 1] = { ...last, delta: last.delta + event.delta };
    else all.push(event);
  }
  return all;
}

const ask = script(
  say("I will look. "),
  // The model may be told a key, and repeat it.
  callTool("bash", { command: `echo ${key}`, description: "say it" }),
  nextStep(),
  say("That is all."),
);

describe("a recording of the real engine", () => {
  let folder = "";
  let file = "";
  let recorded: Awaited<ReturnType<typeof work>>;

  beforeAll(async () => {
    folder = await createFolder("wire");
    file = join(folder, "recordings", "turn.jsonl");
    await using wire = recordWire({ file });
    const headers = { authorization: `Basic ${btoa(`opencode:${password}`)}` };
    recorded = await work(real.client({ fetch: wire.fetch, headers }));
  }, 180_000);
  afterAll(() => removeFolder(folder));

  const replay = () => {
    const wire = replayWire(file);
    const { directory } = real.engine.workspace;
    // Nothing listens there, and nobody is asked.
    const baseUrl = "http://nobody.invalid";
    return { wire, client: new OpenCodeClient({ baseUrl, fetch: wire.fetch, workingDirectory: directory }) };
  };

  it("shows a client the same, as often as it is replayed", async () => {
    const first = replay();
    const saw = first.wire.inRecordedIds((await work(first.client)).saw);
    first.wire.assertComplete();
    expect(saw).toEqual(JSON.parse(JSON.stringify(recorded.saw).replaceAll(key, "[removed]")));
    expect(recorded.saw.result.toolCalls).toMatchObject([{ status: "success", output: `${key}\n` }]);
    expect(recorded.saw.events.map(({ type }) => type)).toContain("permission_requested");

    const second = replay();
    expect(second.wire.inRecordedIds((await work(second.client)).saw)).toEqual(saw);
    second.wire.assertComplete();
  });

  it("has no secret in it", async () => {
    const text = await readFile(file, "utf8");
    expect(JSON.stringify(recorded.configuration)).toContain(key);
    for (const secret of [
      password,
      key,
      btoa(password),
      btoa(`opencode:${password}`),
      encodeURIComponent(password),
    ])
      expect(text).not.toContain(secret);
    expect(text).toContain("[removed]");
    expect(text).not.toMatch(/authorization/i);
  });

  it("answers nothing else", async () => {
    const { wire, client } = replay();
    await expect(client.request("GET", "/vcs")).rejects.toThrow(
      `GET /vcs is not on record (${file}). Record it again.`,
    );
    await expect(client.session.create({ title: "Another" })).rejects.toThrow(
      'POST /session was recorded otherwise: body.title is "Another" instead of "Recorded"',
    );
    expect(await client.session.create({ title: "Recorded" })).toMatchObject({ title: "Recorded" });
    await client.dispose();
    expect(wire.unused).toContain("GET /config");
    expect(() => wire.assertComplete()).toThrow(
      /GET \/vcs.*\n.*"Another".*\nRecorded and not made: .*GET \/config/,
    );
  });
});
