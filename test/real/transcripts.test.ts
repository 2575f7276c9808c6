import { OpenCodeClient, parseTranscript, usageOf } from "@quantumreef/engine-client";
import { openHistory } from "@quantumreef/engine-client/node";
import { expect, it, onTestFinished } from "vitest";
import { startScriptedEngine } from "../support/engine-fixture.ts";
import { callTool, failWith, nextStep, say, script, think } from "../support/scripted-model/script.ts";
import { databaseOf } from "../support/throwaway-home.ts";
import { type Block, readMarkdown } from "../transcript/read-markdown.ts";

const PASSWORD = "the-password-of-the-server";

const outline = (blocks: readonly Block[]) =>
  blocks
    .filter(({ type }) => type !== "paragraph")
    .map(({ type, tag, text }) => `${tag} ${type} ${text}`.trim());

it("a transcript shows what happened, and is the same from a client and from what is stored", async () => {
  const engine = await startScriptedEngine({ server: { env: { OPENCODE_SERVER_PASSWORD: PASSWORD } } });
  onTestFinished(() => engine.stop());
  const client = new OpenCodeClient({
    baseUrl: engine.url,
    headers: { authorization: `Basic ${btoa(`opencode:${PASSWORD}`)}` },
    workingDirectory: engine.workspace.directory,
  });
  onTestFinished(() => client.dispose());

  const session = await client.session.create({ title: "Every *kind* of part" });
  const answer = "A fence:\n```js\nconst a = 1;\n```\n</details>\n## User";
  const prompt = script(
    think("Hm. ``` is a fence."),
    callTool("write", { filePath: engine.workspace.path("a.txt"), content: "one\n" }),
    nextStep(),
    callTool("edit", { filePath: engine.workspace.path("a.txt"), oldString: "one", newString: "two" }),
    nextStep(),
    say(answer),
  );
  await client.session.prompt(session, prompt).text();
  await client.session.prompt(session, script(failWith(401, { message: "wrong key" }))).settled();

  const markdown = await client.session.exportTranscript(session, "markdown");
  const json = await client.session.exportTranscript(session, "json");
  const blocks = readMarkdown(markdown);
  const sections = outline(blocks).filter((line) => line.startsWith("h"));
  expect(sections).toEqual([
    "h1 heading Every *kind* of part",
    "h2 heading User",
    "h2 heading Assistant",
    "html_block",
    "html_block",
    "h3 heading Tool: write",
    "h2 heading Assistant",
    "h3 heading Tool: edit",
    "h2 heading Assistant",
    "h2 heading User",
    "h2 heading Assistant",
  ]);
  const fences = blocks.filter(({ type }) => type === "fence");
  expect(fences.map(({ language }) => language)).toEqual([
    ...["markdown", "text", "json", "text", "json", "text", "diff", "markdown"],
  ]);
  expect(fences[1]?.text).toBe("Hm. ``` is a fence.\n");
  expect(fences[6]?.text).toContain("\n-one\n+two\n");
  expect(fences[7]?.text).toBe(`${answer}\n`);
  expect(blocks.at(-1)?.text).toMatch(/^Error AUTH_REQUIRED: .*wrong key/);

  const messages = await client.session.messages(session);
  const told = await client.session.get(session);
  expect(parseTranscript(json)).toEqual({ version: 1, session: told, messages });
  for (const text of [markdown, json]) expect(text).not.toContain(PASSWORD);

  await client.dispose();
  await engine.server.kill();
  const history = await openHistory({ path: databaseOf(engine.server.home) });
  onTestFinished(() => history.close());
  expect(await history.exportTranscript(session, "json")).toBe(json);
  expect(await history.exportTranscript(session.id, "markdown")).toBe(markdown);
  expect(usageOf(await history.messages(session))).toEqual(usageOf(messages));
  await expect(history.exportTranscript("ses_none", "markdown")).rejects.toMatchObject({
    code: "SESSION_NOT_FOUND",
  });
});
