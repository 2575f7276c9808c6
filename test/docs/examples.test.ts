import { expect, it } from "vitest";
import { examplesIn, type Page, readPage, readPages, readSources } from "./support/code-examples.ts";
import { compileExamples } from "./support/compile-examples.ts";

const fence = (...lines: readonly string[]) => ["```ts", ...lines, "```", ""].join("\n");

/** A page whose examples are wrong: this is to be noticed. */
const { path } = readPage("docs/errors.md");
const wrong: Page = {
  name: "docs/wrong.md",
  path: path.replace("errors", "wrong"),
  text: [
    fence(`await client.session.create({ titel: "Validation" });`),
    fence(`runPrompt(client, { prompt: "Go" });`),
    fence(`import { runPrompt } from "@quantumreef/engine-client";`, "", `runPrompt(client, { prompt: 1 });`),
    fence(`runPrompt(client, { prompt: "Go" }); // does not compile`),
    fence(`for await (const event of call) { ... }`),
  ].join("\n"),
};

it("every example of the pages and the docstrings compiles", { timeout: 120_000 }, () => {
  const examples = [...readPages(), ...readSources()].flatMap(examplesIn);
  expect(examples.length).toBeGreaterThan(80);
  const problems = compileExamples([...examples, ...examplesIn(wrong)]);
  expect(problems).toEqual([
    expect.stringMatching(/^docs\/wrong\.md:2: .*'titel' does not exist/),
    expect.stringMatching(/^docs\/wrong\.md:6: Cannot find name 'runPrompt'/),
    expect.stringMatching(/^docs\/wrong\.md:12: No overload matches/),
    "docs/wrong.md:16: It compiles.",
    "docs/wrong.md:20: Declaration or statement expected.",
  ]);
});
