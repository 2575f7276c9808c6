import { openAsBlob } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Diagnostic, PromptContent, PromptOpts } from "@quantumreef/engine-client";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { noisyPng } from "../support/images.ts";
import { failWith, say, script } from "../support/scripted-model/script.ts";
import type { ModelRequest } from "../support/scripted-model/server.ts";
import { useRealEngine } from "./engine.ts";

// Beside the scripted one a model that reads nothing but text, and says that it has no tools.
const blind = { name: "Blind", tool_call: false, modalities: { input: ["text"], output: ["text"] } };
const real = useRealEngine({ config: { provider: { local: { models: { blind } } } } });

const png = noisyPng(2);
const pngUrl = `data:image/png;base64,${png.toString("base64")}`;
const ask = script(say("Seen."));

let directory = "";
beforeAll(async () => {
  directory = real.engine.workspace.directory;
  await mkdir(join(directory, "src"));
  await writeFile(join(directory, "src/lines.txt"), "one\ntwo\nthree\nfour\nfive\n");
  await writeFile(join(directory, "a #1 100%?.ts"), "const odd = 1;\n");
  await writeFile(join(directory, "shot.png"), png);
  await writeFile(join(directory, "bytes.dat"), Buffer.from([0, 1, 2, 255]));
});

interface ChatBody {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly tools?: readonly unknown[];
}

function bodyOf(request: ModelRequest | undefined): ChatBody {
  return (request?.body ?? { messages: [] }) as ChatBody;
}

/** Prompts, and resolves with what the model was given of it. */
async function given(content: PromptContent, options: PromptOpts = {}) {
  const diagnostics: Diagnostic[] = [];
  const client = real.client({ onDiagnostic: (diagnostic) => diagnostics.push(diagnostic) });
  const session = await client.session.create({ title: "Attachments" });
  const before = real.engine.model.requests.length;
  const result = await client.session.prompt(session, content, options).result();
  expect(result.text).toBe("Seen.");
  const asked = real.engine.model.requests.slice(before);
  expect(asked).toHaveLength(1);
  const seen = bodyOf(asked[0]).messages.filter(({ role }) => role === "user");
  const [message] = await client.session.messages(session);
  const kept = message?.parts?.filter(({ type }) => type === "image" || type === "file");
  return { seen: JSON.stringify(seen), kept, session, diagnostics };
}

/** Prompts, and resolves with why that failed. The model must not have been asked. */
async function refused(content: PromptContent): Promise<unknown> {
  const client = real.client();
  const session = await client.session.create({ title: "Refused" });
  const before = real.engine.model.requests.length;
  const { status, error } = await client.session.prompt(session, content).settled();
  expect(status).toBe("error");
  expect(real.engine.model.requests.length).toBe(before);
  // The session is as well as before.
  expect(await client.session.prompt(session, ask).text()).toBe("Seen.");
  return error;
}

const invalid = (message: RegExp) => ({ code: "INVALID_REQUEST", message: expect.stringMatching(message) });

describe("attachments", () => {
  it("are read once where tools are off for the prompt, and in the next, where they are back", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "Once" });
    // No text but that in a file.
    const asking = { data: new Blob([ask]), name: "ask.txt" };
    const content = [asking, { path: "src/lines.txt" }];
    const prompts: readonly PromptOpts[] = [{ tools: { bash: false } }, {}, { tools: { webfetch: false } }];
    for (const options of prompts) {
      expect(await client.session.prompt(session, content, options).text()).toBe("Seen.");
      const seen = JSON.stringify(bodyOf(real.engine.model.requests.at(-1)).messages.at(-1));
      expect(seen.match(/1: one/g)).toHaveLength(1);
      expect(seen.split(ask)).toHaveLength(2);
    }
  });

  it("of the engine's disk are read by it: relative, absolute, as address, with odd names", async () => {
    const odd = "a #1 100%?.ts";
    for (const part of [
      { path: "src/lines.txt" },
      { path: join(directory, "src/lines.txt") },
      pathToFileURL(join(directory, "src/lines.txt")),
    ]) {
      const { seen, kept } = await given([ask, part]);
      expect(seen).toContain("1: one\\n2: two");
      expect(kept).toMatchObject([{ type: "file", name: "lines.txt", mimeType: "text/plain" }]);
    }
    const { seen, kept } = await given([ask, { path: odd }]);
    expect(seen).toContain("const odd = 1;");
    expect(kept).toMatchObject([{ name: odd }]);
  });

  it("give the lines that were asked for", async () => {
    const { seen } = await given([ask, { path: "src/lines.txt", lines: [2, 3] }]);
    expect(seen).toContain("2: two\\n3: three");
    expect(seen).not.toContain("one");
    expect(seen).not.toContain("four");
    expect((await given([ask, { path: "src/lines.txt", lines: [4] }])).seen).toContain("4: four\\n5: five");
  });

  it("are images by path, address, bytes, Blob and File", async () => {
    const bytes = new Uint8Array(png);
    const parts: PromptContent = [
      { path: "shot.png" },
      { url: pngUrl },
      bytes,
      await openAsBlob(join(directory, "shot.png")),
      new File([bytes], "named.png", { type: "image/png" }),
    ];
    for (const part of parts) {
      const { seen, kept } = await given([ask, part]);
      expect(seen).toContain(`"image_url":{"url":${JSON.stringify(pngUrl)}}`.replaceAll("\n", ""));
      expect(kept).toMatchObject([{ type: "image", mimeType: "image/png" }]);
    }
    const { kept } = await given([ask, new File([bytes], "named.png", { type: "image/png" })]);
    expect(kept).toMatchObject([{ name: "named.png" }]);
  });

  it("are text whatever kind of text it is; what the engine reads comes behind the rest, each in its order", async () => {
    const { seen } = await given([
      "First",
      { data: new Blob(['{"json":1}'], { type: "application/json" }), name: "a.json" },
      { data: new TextEncoder().encode("plain ü"), name: "b.txt" },
      { url: "data:image/svg+xml,%3Csvg%2F%3E", name: "c.svg" },
      new URL(pngUrl),
      ask,
    ]);
    const order = ["First", "image_url", "Seen.", '\\"json\\":1', "plain ü", "<svg/>"];
    const places = order.map((text) => seen.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places.toSorted((a, b) => a - b)).toEqual(places);
  });

  it("at http addresses are fetched by the client, without its credentials", async () => {
    const heard: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      heard.push(request.headers.authorization);
      if (request.url?.startsWith("/shot")) response.setHeader("content-type", "image/png").end(png);
      else if (request.url === "/moved") response.writeHead(302, { location: "/shot.png" }).end();
      else response.writeHead(404).end("no");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { kept } = await given([
      ask,
      { url: `${address}/shot.png?key=secret` },
      new URL(`${address}/moved`),
    ]);
    expect(kept).toMatchObject([
      { type: "image", url: pngUrl, name: "shot.png" },
      { type: "image", url: pngUrl },
    ]);
    expect(heard.every((authorization) => authorization === undefined)).toBe(true);
    const error = await refused([ask, { url: `${address}/nothing.png?key=secret` }]);
    expect(error).toMatchObject(invalid(/\/nothing\.png can't be fetched: its server answers 404/));
    expect(String(error)).not.toContain("secret");
  });

  it("go with stored messages, too", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "Stored" });
    const stored = await client.message.create(session, ["Keep this", new Uint8Array(png)]);
    expect(stored.parts).toMatchObject([{ type: "text" }, { type: "image", url: pngUrl }]);
  });

  it("of 30 MB arrive", async () => {
    const { kept } = await given([ask, new Uint8Array(noisyPng(3200))]);
    // The engine makes images smaller before it stores them.
    expect(kept).toMatchObject([{ type: "image" }]);
    const text = "0123456789abcde\n".repeat((30 * 1024 * 1024) / 16);
    const { seen } = await given([ask, { data: new Blob([text], { type: "text/plain" }), name: "big.txt" }]);
    expect(seen.length).toBeGreaterThan(30 * 1024 * 1024);
  }, 120_000);
});

describe("bad attachments", () => {
  it.each([
    ["no prompt", "", /empty/],
    ["blanks", " \n", /empty/],
    ["nothing", [], /empty/],
    ["a relative address", [ask, { url: "src/lines.txt" }], /can't be at "src\/lines.txt".*\{ path \}/],
    ["an address of another kind", [ask, { url: "ftp://a/b" }], /can't be at "ftp:/],
    [
      "a server that is not there",
      [ask, { url: "http://127.0.0.1:9/a.png" }],
      /127\.0\.0\.1:9\/a\.png can't be fetched/,
    ],
    ["lines before the first", [ask, { path: "src/lines.txt", lines: [0, 2] }], /The lines \[0, 2\]/],
    [
      "lines that end before they begin",
      [ask, { path: "src/lines.txt", lines: [3, 2] }],
      /The lines \[3, 2\]/,
    ],
    [
      "data that no model reads",
      [ask, { data: new Uint8Array([80, 75, 0, 1]), name: "a.zip" }],
      /"a\.zip".*no model reads it/,
    ],
    [
      "an image kind that the engine can't decode",
      [ask, { url: "data:image/tiff;base64,AAAA", name: "a.tiff" }],
      /can't take an image .*could not be decoded.*PNG/,
    ],
    [
      "a broken image",
      [ask, { url: "data:image/png;base64,AAAA", name: "a.png" }],
      /can't take an image .*could not be decoded/,
    ],
  ] satisfies [string, PromptContent, RegExp][])(
    "%s: refused, and nobody is asked",
    async (_, content, message) => {
      expect(await refused(content)).toMatchObject(invalid(message));
    },
  );

  it("a file that is not there, or can't be read: the model is told, and so is who takes diagnostics", async () => {
    const { seen, session, diagnostics } = await given([ask, { path: "missing.png" }, { path: "bytes.dat" }]);
    expect(seen).toContain("File not found");
    expect(seen).toContain("Cannot read binary file");
    const told = diagnostics.filter(({ code }) => code === "attachment_unreadable");
    expect(told).toMatchObject([
      {
        level: "warning",
        sessionId: session.id,
        message: expect.stringMatching(/missing\.png.*File not found/),
      },
      { level: "warning", sessionId: session.id, message: expect.stringMatching(/bytes\.dat.*binary/) },
    ]);
  });

  it("a folder: the model gets its list", async () => {
    expect((await given([ask, { path: "src" }])).seen).toContain("lines.txt");
  });

  it("an image for a model that reads none: the engine tells the model so", async () => {
    const { seen } = await given([ask, { url: pngUrl, name: "a.png" }], { model: "blind" });
    expect(seen).toContain("this model does not support image input");
  });

  it("a model without tools: OpenCode offers it tools all the same, and its refusal is the provider's", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "No tools" });
    const prompt = script(failWith(400, { message: "blind does not support tools" }));
    const call = client.session.prompt(session, prompt, { model: "blind" });
    await expect(call.text()).rejects.toMatchObject({
      code: "PROVIDER_ERROR",
      message: expect.stringContaining("does not support tools"),
    });
    expect(bodyOf(real.engine.model.requests.at(-1)).tools?.length).toBeGreaterThan(0);
  });
});
