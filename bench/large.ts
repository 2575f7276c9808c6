/**
 * Does the cost of a unit stay the same while the whole grows? Each row shows microseconds per unit at growing sizes,
 * and how many times the last costs what the first did: 1x is linear.
 *
 *     npm run bench:large
 *     npm run bench:large -- --steps 3 --rounds 5
 */
import { parseArgs } from "node:util";
import { createEngineClient, hunksOf, toolCallsOf } from "@quantumreef/engine-client";
import { createMockEngine, type MockStep } from "@quantumreef/engine-client/testing";
import { createTwoFilesPatch } from "diff";
import { median, timeOf } from "./support/compare.ts";

const { values } = parseArgs({
  options: {
    /** How often the size doubles. */
    steps: { type: "string", default: "5" },
    rounds: { type: "string", default: "7" },
  },
});
const sizes = (first: number) => Array.from({ length: Number(values.steps) }, (_, step) => first * 2 ** step);

/** Prints one row; `prepare` makes the work of a size, and is not measured. */
async function row(name: string, first: number, prepare: (size: number) => () => unknown): Promise<void> {
  const costs: number[] = [];
  for (const size of sizes(first)) {
    const work = prepare(size);
    await work();
    const times: number[] = [];
    for (let round = 0; round < Number(values.rounds); round++) times.push(await timeOf(work));
    costs.push((median(times) * 1000) / size);
  }
  const shown = costs.map((cost, index) => `${sizes(first)[index]}: ${cost.toFixed(2)}`).join("  ");
  const growth = (costs.at(-1) ?? Number.NaN) / (costs[0] ?? Number.NaN);
  process.stdout.write(`${name.padEnd(34)} ${growth.toFixed(2)}x   ${shown}\n`);
}

/** Runs one turn of these steps and folds what it tells. */
async function run(steps: readonly MockStep[], sessions = 1): Promise<void> {
  const client = createEngineClient(createMockEngine(() => steps));
  await client.connect();
  await Promise.all(
    Array.from({ length: sessions }, async () => {
      const call = client.session.prompt(await client.session.create(), "Go");
      let length = 0;
      for await (const event of call) if (event.type === "text_delta") length += event.delta.length;
      if ((await call.text()).length !== length) throw new Error("The events are not the text.");
    }),
  );
  await client.dispose();
}

await row("us per delta of one answer", 2_500, (size) => () => run([{ text: "word ".repeat(size) }]));
await row("us per tool call of one turn", 100, (size) => {
  const steps = Array.from({ length: size }, () => ({ tool: "bash", output: "x".repeat(1_000) }));
  return () => run(steps);
});
await row("us per prompt, all at once", 10, (size) => () => run([{ text: "word ".repeat(40) }], size));
await row("us per line of a diff", 4_000, (size) => {
  const lines = Array.from({ length: size }, (_, line) => `${line}`.padEnd(63, "x")).join("\n");
  const file = { path: "f", patch: createTwoFilesPatch("f", "f", "", `${lines}\n`) };
  return () => hunksOf(file);
});
await row("us per tool call of a ledger", 1_000, (size) => {
  const call = (id: number) => ({ id: `${id}`, name: "bash", input: {}, status: "success" as const });
  const base = { sessionId: "s", role: "assistant" as const, content: { type: "text" as const, text: "" } };
  const messages = Array.from({ length: size }, (_, id) => ({
    ...base,
    id: `${id}`,
    createdAt: id,
    toolCalls: [call(id)],
  }));
  return () => toolCallsOf(messages);
});
