import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { OpenCodeClient } from "../../../src/opencode/client.ts";
import { recordWire } from "../../../src/testing/record/record-wire.ts";
import { type ReplayWireOptions, replayWire } from "../../../src/testing/record/replay-wire.ts";
import { fetchOf, fetchOfMock, fileForTest, openStream } from "./support.ts";

const address = "http://engine.test";
const json = (value: unknown, init?: ResponseInit) => () => Response.json(value, init);

/** Records what is done with these answers, for a replay of it. */
async function recording(
  fetch: typeof globalThis.fetch,
  work: (fetch: typeof globalThis.fetch) => Promise<unknown>,
) {
  const file = await fileForTest();
  await using wire = recordWire({ file, fetch });
  await work(wire.fetch);
  return file;
}

describe("a client that is replayed", () => {
  const talk = async (fetch: typeof globalThis.fetch) => {
    const client = new OpenCodeClient({ protocol: "v1", fetch });
    onTestFinished(() => client.dispose());
    const session = await client.session.create({ title: "One" });
    const call = client.session.prompt(session, "Hi");
    // How many deltas they come in depends on how fast they are read.
    let said = "";
    for await (const event of call) {
      if (event.type === "text_delta") said += event.delta;
      if (event.type === "permission_requested") await client.permissions.reply(event, "allow");
    }
    const { turnId, text, toolCalls } = await call.result();
    await client.dispose();
    return {
      turnId,
      said,
      text,
      tools: toolCalls.map(({ name, status, output }) => [name, status, output]),
    };
  };
  const script = () => [
    { text: "Let me see. " },
    { tool: "bash", input: { command: "ls" }, output: "a.txt", ask: { description: "List" } },
    { text: "One file." },
  ];

  it("sees the same, although it chose other ids", async () => {
    let recorded: Awaited<ReturnType<typeof talk>> | undefined;
    const file = await recording(fetchOfMock(script), async (fetch) => {
      recorded = await talk(fetch);
    });
    const replay = async () => {
      const wire = replayWire(file);
      const saw = await talk(wire.fetch);
      wire.assertComplete();
      return { saw, inRecordedIds: wire.inRecordedIds(saw) };
    };
    const [first, second] = [await replay(), await replay()];
    expect(first.inRecordedIds).toEqual(second.inRecordedIds);
    expect(new Set([recorded?.turnId, first.saw.turnId, second.saw.turnId]).size).toBe(3);
    expect(first.inRecordedIds).toEqual(recorded);
    const text = "Let me see. One file.";
    expect(recorded).toMatchObject({ said: text, text, tools: [["bash", "success", "a.txt"]] });
  });

  it("needs no clock: a test may stop it", async () => {
    const file = await recording(fetchOfMock(script), talk);
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    expect(await talk(replayWire(file).fetch)).toMatchObject({ text: "Let me see. One file." });
  });
});

describe("requests", () => {
  const ask = async (fetch: typeof globalThis.fetch, path: string, init?: RequestInit) =>
    (await fetch(address + path, init)).json();
  const post = (body: unknown): RequestInit => ({
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const replayOf = async (
    answers: readonly unknown[],
    work: (fetch: typeof globalThis.fetch) => Promise<unknown>,
    options?: ReplayWireOptions,
  ) => replayWire(await recording(fetchOf(...answers.map((answer) => json(answer))), work), options);

  it("that are equal are answered in their order, others in any", async () => {
    const wire = await replayOf([1, 2, 3], async (fetch) => {
      for (const path of ["/a", "/b", "/a"]) await ask(fetch, path);
    });
    expect(wire.unused).toEqual(["GET /a", "GET /b", "GET /a"]);
    expect(wire.waitingFor).toBe("GET /a");
    const [b, a] = await Promise.all([ask(wire.fetch, "/b"), ask(wire.fetch, "/a")]);
    expect([b, a, await ask(wire.fetch, "/a")]).toEqual([2, 1, 3]);
    expect([wire.unused, wire.waitingFor]).toEqual([[], undefined]);
    wire.assertComplete();
  });

  it("may have their query in any order, and every value of it counts", async () => {
    const wire = await replayOf([1, 2], async (fetch) => {
      await ask(fetch, "/a?x=1&x=2&y=3");
      await ask(fetch, "/a?x=1");
    });
    expect(await ask(wire.fetch, "/a?y=3&x=1&x=2")).toBe(1);
    await expect(ask(wire.fetch, "/a?x=2")).rejects.toThrow('query.x[0] is "2" instead of "1"');
    expect(await ask(wire.fetch, "/a?x=1")).toBe(2);
  });

  it.each([
    [{ a: 1 }, { a: 2 }, "body.a is 2 instead of 1"],
    [{ a: [1] }, { a: [1, 2] }, "body.a[1] is new"],
    [{ a: 1, b: 2 }, { a: 1 }, "body.b is missing"],
    [
      { a: "model-2025-01-01-large" },
      { a: "model-2025-02-02-large" },
      'body.a is "model-2025-02-02-large" instead of',
    ],
    [{ a: { b: 1 } }, { a: [1] }, 'body.a is [1] instead of {"b":1}'],
    [{ a: null }, { a: false }, "body.a is false instead of null"],
  ])("with another body are refused: %j, %j", async (recorded, sent, difference) => {
    const wire = await replayOf([1], (fetch) => ask(fetch, "/a", post(recorded)));
    await expect(ask(wire.fetch, "/a", post(sent))).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining(`POST /a was recorded otherwise: ${difference}`),
    });
    expect(wire.unexpected).toEqual([expect.stringContaining(difference)]);
  });

  it("that are not on record, or once too often, are refused", async () => {
    const wire = await replayOf([1], (fetch) => ask(fetch, "/a"));
    await expect(ask(wire.fetch, "/b")).rejects.toThrow("GET /b is not on record");
    await ask(wire.fetch, "/a");
    await expect(ask(wire.fetch, "/a")).rejects.toThrow("GET /a was recorded once, and is made once more");
    await expect(ask(wire.fetch, "/a", { method: "DELETE" })).rejects.toThrow("DELETE /a is not on record");
    expect(() => wire.assertComplete()).toThrow(/GET \/b .*\nGET \/a .*\nDELETE \/a /);
  });

  it("may have other times and other ids of their own, and those are told from then on", async () => {
    const [recorded, other] = ["msg_000000000001AbCdEfGhIjKl", "msg_000000000001ZyXwVuTsRqPo"];
    const told = "5f0d1f6e-8f0e-4f0a-9d2c-2b9a5f1b7c3d";
    const work = async (fetch: typeof globalThis.fetch, id: string, now: number, session: string) => [
      await ask(fetch, "/session"),
      await ask(
        fetch,
        `/session/${session}/message`,
        post({ messageID: id, parts: [{ id: `prt${id.slice(3)}` }], now }),
      ),
      await ask(fetch, `/message/${id}`),
    ];
    const answers = [[told], { parent: recorded, text: `re: ${recorded}` }, { id: recorded }];
    const wire = await replayOf(answers, (fetch) => work(fetch, recorded, 1_700_000_000_000, told));
    const saw = await work(wire.fetch, other, 1_800_000_000_000, told);
    expect(saw).toEqual([[told], { parent: other, text: `re: ${other}` }, { id: other }]);
    expect(wire.inRecordedIds(saw)).toEqual(answers);
    wire.assertComplete();
  });

  it("can't have another id where the engine had chosen it, nor another where it was chosen before", async () => {
    const [session, message] = ["ses_0000000000012345678901", "msg_0000000000012345678901"];
    const wire = await replayOf([{ id: session }, 1, 2], async (fetch) => {
      await ask(fetch, "/session");
      await ask(fetch, `/session/${session}`);
      await ask(fetch, "/message", post({ first: message, again: message }));
    });
    await ask(wire.fetch, "/session");
    await expect(ask(wire.fetch, "/session/ses_0000000000099999999999")).rejects.toThrow("is not on record");
    await ask(wire.fetch, `/session/${session}`);
    const [one, two] = ["msg_0000000000077777777777", "msg_0000000000088888888888"];
    await expect(ask(wire.fetch, "/message", post({ first: one, again: two }))).rejects.toThrow(
      `body.again is "${two}" instead of "${one}"`,
    );
    await ask(wire.fetch, "/message", post({ first: one, again: one }));
  });

  it("can have ids of other kinds", async () => {
    const work = (fetch: typeof globalThis.fetch, id: string) => ask(fetch, "/a", post({ id }));
    const wire = await replayOf(
      [{ of: "V1StGXR8_Z5jdHi6B-myT" }],
      (fetch) => work(fetch, "V1StGXR8_Z5jdHi6B-myT"),
      {
        ids: /[\w-]{21}/,
      },
    );
    expect(await work(wire.fetch, "Uakgb_J5m9g-0JDMbcJqL")).toEqual({ of: "Uakgb_J5m9g-0JDMbcJqL" });
  });

  it("may have anything where a secret was", async () => {
    const wire = await replayOf([1], (fetch) =>
      ask(fetch, "/a?token=abc123", post({ apiKey: "one", name: "n" })),
    );
    await expect(ask(wire.fetch, "/a?token=x", post({ apiKey: "two", name: "m" }))).rejects.toThrow(
      "body.name",
    );
    expect(await ask(wire.fetch, "/a?token=", post({ apiKey: "two", name: "n" }))).toBe(1);
  });

  it("wait for what was asked before their answer, but not for ever", async () => {
    const gate = Promise.withResolvers<Response>();
    const file = await recording(
      fetchOf(() => gate.promise, json(2)),
      async (fetch) => {
        const first = ask(fetch, "/slow");
        await ask(fetch, "/b");
        gate.resolve(Response.json(1));
        await first;
      },
    );
    const wire = replayWire(file, { patience: 50 });
    await expect(ask(wire.fetch, "/slow")).rejects.toThrow(
      "GET /slow was answered only after GET /b, which nobody made in 50 ms",
    );
    const patient = replayWire(file);
    expect(await Promise.all([ask(patient.fetch, "/slow"), ask(patient.fetch, "/b")])).toEqual([1, 2]);
  });
});

describe("answers", () => {
  it("have their status, their headers and their bytes, of any kind", async () => {
    const bytes = Uint8Array.of(0xff, 0x00, 0xfe);
    const answers = [
      () => new Response(bytes, { status: 201, headers: { "content-type": "image/png", "x-next": "7" } }),
      () => new Response("plain", { headers: { "set-cookie": "a=b", "content-type": "text/plain" } }),
      () => new Response(null, { status: 204 }),
      json({ deep: [1, null] }, { status: 404 }),
    ];
    const read = async (fetch: typeof globalThis.fetch) => {
      const all = [];
      for (const path of ["/a", "/b", "/c", "/d"]) {
        const response = await fetch(address + path);
        const { status, headers } = response;
        const body = [...new Uint8Array(await response.arrayBuffer())];
        all.push({ status, type: headers.get("content-type"), next: headers.get("x-next"), body });
      }
      return all;
    };
    let recorded: unknown;
    const file = await recording(fetchOf(...answers), async (fetch) => {
      recorded = await read(fetch);
    });
    expect(await read(replayWire(file).fetch)).toEqual(recorded);
    expect(await readFile(file, "utf8")).not.toContain("cookie");
  });

  it("come frame by frame, and not before the request that they came after", async () => {
    const stream = openStream();
    const file = await recording(
      fetchOf(() => stream.response, json(true)),
      async (fetch) => {
        const reader = (await fetch(`${address}/events`)).body?.getReader();
        await Promise.all([stream.write("data: 1\n\n: beat\n\n"), reader?.read()]);
        await fetch(`${address}/go`, { method: "POST" });
        await Promise.all([stream.write("data: 2\n\n"), reader?.read()]);
        await Promise.all([stream.close(), reader?.read()]);
      },
    );
    const wire = replayWire(file);
    const reader = (await wire.fetch(`${address}/events`)).body?.getReader();
    const next = async () => {
      const { value } = (await reader?.read()) ?? {};
      return value && new TextDecoder().decode(value);
    };
    expect([await next(), await next()]).toEqual(["data: 1\n\n", ": beat\n\n"]);
    const second = next();
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    expect(wire.waitingFor).toBe("POST /go");
    await wire.fetch(`${address}/go`, { method: "POST" });
    expect([await second, await next()]).toEqual(["data: 2\n\n", undefined]);
    wire.assertComplete();
  });

  it("break where they broke, and fail as they failed", async () => {
    const stream = openStream();
    const refused = new TypeError("fetch failed", {
      cause: Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }),
    });
    const work = async (fetch: typeof globalThis.fetch) => {
      const failure = await fetch(`${address}/a`).catch((error: unknown) => error);
      const reader = (await fetch(`${address}/b`)).body?.getReader();
      const first = reader?.read();
      await stream.write("data: 1\n\ndata: unfin").catch(() => {});
      await first;
      const broken = reader?.read().catch((error: unknown) => error);
      await stream.fail(new Error("reset"));
      return [failure, await broken];
    };
    const file = await recording(
      fetchOf(
        () => Promise.reject(refused),
        () => stream.response,
      ),
      work,
    );
    const wire = replayWire(file);
    await expect(wire.fetch(`${address}/a`)).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    const reader = (await wire.fetch(`${address}/b`)).body?.getReader();
    const text = async () => new TextDecoder().decode((await reader?.read())?.value);
    expect([await text(), await text()]).toEqual(["data: 1\n\n", "data: unfin"]);
    await expect(reader?.read()).rejects.toMatchObject({ cause: { message: "reset" } });
    expect(wire.unexpected).toEqual([]);
  });

  it("are left when their reader leaves, by his signal too", async () => {
    const [stream, hanging] = [openStream(), Promise.withResolvers<Response>()];
    const leave = async (fetch: typeof globalThis.fetch) => {
      const response = await fetch(`${address}/a`);
      await response.body?.cancel();
      const controller = new AbortController();
      const waiting = fetch(`${address}/b`, { signal: controller.signal });
      controller.abort("enough");
      await expect(waiting).rejects.toBe("enough");
    };
    const { signal } = new AbortController();
    const fetch = fetchOf(
      () => stream.response,
      () => hanging.promise,
    );
    const file = await recording((input, init) => {
      const request = new Request(input, init);
      request.signal.addEventListener("abort", () => hanging.reject(request.signal.reason));
      return fetch(request, { signal });
    }, leave);
    expect(await readFile(file, "utf8")).toMatch(/"left".*\n[\s\S]*"left"/);
    const wire = replayWire(file);
    await leave(wire.fetch);
    wire.assertComplete();
  });
});

describe("a file", () => {
  it.each([
    ["", "its first line is not"],
    ['{"wire":2}\n', "its first line is not"],
    ['{"wire":1}\n{"type":"answer","at":1,"id":1}\n', ":2 is not an entry of a recording (status"],
    ['{"wire":1}\n\nnot json\n', ":3 is not an entry of a recording"],
  ])("that is no recording is refused: %j", async (text, reason) => {
    const file = await fileForTest();
    await writeFile(file, text);
    expect(() => replayWire(file)).toThrow(reason);
  });

  it("that is not there is told", () => {
    expect(() => replayWire("/nowhere/wire.jsonl")).toThrow(
      "The recording /nowhere/wire.jsonl can't be read",
    );
  });

  it("is written once, and what comes later is passed on", async () => {
    const file = await fileForTest();
    const wire = recordWire({ file, fetch: fetchOf(json(1), json(2)) });
    await wire.fetch(`${address}/a`);
    await wire.close();
    const written = await readFile(file, "utf8");
    expect(await (await wire.fetch(`${address}/b`)).json()).toBe(2);
    await wire.close();
    expect(await readFile(file, "utf8")).toBe(written);
    expect(written).not.toContain("/b");
  });

  it("that can't be written is told", async () => {
    const file = await fileForTest();
    await writeFile(file, "");
    const wire = recordWire({ file: `${file}/below`, fetch: fetchOf() });
    await expect(wire.close()).rejects.toThrow(/ENOTDIR|EEXIST/);
  });
});
