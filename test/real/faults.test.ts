import { EngineError, OpenCodeClient } from "@quantumreef/engine-client";
import fc from "fast-check";
import { expect, it } from "vitest";
import { withDeadline } from "../../src/engine/scope.ts";
import { createFaultProxy } from "../../src/testing/faults/proxy.ts";
import { disturb, runs, type Schedule, schedules } from "../faults/schedules.ts";
import type { Directive } from "../support/scripted-model/directives.ts";
import { callTool, nextStep, repeat, say, script, think } from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";
import { foldPrompt } from "./fold.ts";

const RUNS = runs(20, 500);
const real = useRealEngine({ config: { permission: { bash: "ask" } } });

/** A turn of the scripted model: what it says and does, and after how many events its caller has enough. */
interface Turn {
  readonly steps: readonly ("say" | "think" | "stream" | "tool")[];
  readonly abortAfter: number | undefined;
}

const turns: fc.Arbitrary<Turn> = fc.record({
  steps: fc.array(fc.constantFrom("say", "think", "stream", "tool"), { minLength: 1, maxLength: 5 }),
  abortAfter: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined, freq: 4 }),
});

it(`turns of the real engine are told exactly, whatever the connection does: ${RUNS} schedules of faults`, {
  timeout: 180_000 + RUNS * 5_000,
}, async () => {
  // One that hangs is a counterexample, and not the end of the test.
  const late = () => new Error("It came to no end in 60 s.");
  const play = (turn: Turn, schedule: Schedule) =>
    withDeadline(60_000, late, [], () => playDisturbed(turn, schedule));
  await fc.assert(fc.asyncProperty(turns, schedules, play), { numRuns: RUNS });
});

async function playDisturbed(turn: Turn, schedule: Schedule): Promise<void> {
  const direct = real.client();
  const proxy = await createFaultProxy({ target: real.engine.url });
  const { directory } = real.engine.workspace;
  const client = new OpenCodeClient({ baseUrl: proxy.url, workingDirectory: directory });
  const session = await direct.session.create();
  try {
    await direct.connect();
    disturb(proxy, schedule);
    await client.connect();
    const call = client.session.prompt(session, promptOf(turn));
    const events = [];
    for await (const event of call) {
      events.push(event);
      if (event.type === "permission_requested") {
        await client.permissions.reply(event, "allow").catch((error: unknown) => {
          // Asked before he had enough, and answered after that.
          const isLate = turn.abortAfter !== undefined && events.length > turn.abortAfter;
          if (!isLate || !EngineError.is(error, "PERMISSION_NOT_FOUND")) throw error;
        });
      }
      if (events.length === turn.abortAfter) await call.abort();
    }
    const result = await call.settled();
    expect(["completed", "aborted"]).toContain(result.status);
    if (turn.abortAfter === undefined) expect(result.status).toBe("completed");
    const folded = foldPrompt(events);
    expect(folded.toolCalls).toEqual(result.toolCalls);
    expect(folded.text).toBe(result.text);
    // The engine's own account, by a client that nothing has disturbed.
    const { status } = await direct.registry.waitFor(session, (told) => told.status !== "running");
    await client.registry.waitFor(session, (told) => told.status === status, { timeout: 20_000 });
    const kept = await direct.session.messages(session);
    expect(result.messages).toEqual(kept.filter(({ role }) => role === "assistant"));
    expect(client.registry.getSnapshot().permissions).toEqual([]);
    expect(await direct.request("GET", "/session/status", { query: { directory } })).toEqual({});
  } finally {
    // What a failure leaves at work must not fail the smaller schedules that are tried after it.
    await direct.session.abort(session);
    await Promise.all([client.dispose(), direct.dispose()]);
    await proxy.close();
  }
}

function promptOf({ steps }: Turn): string {
  return script(...steps.flatMap((step, index) => STEPS[step](index)), say("Done."));
}

const STEPS: Readonly<Record<Turn["steps"][number], (index: number) => readonly Directive[]>> = {
  say: (index) => [say(`Step ${index} says a few words. `)],
  think: (index) => [think(`Step ${index} thinks. `), say(`Thought ${index}. `)],
  stream: (index) => [repeat(60, `s${index}-# `, 3)],
  tool: (index) => [callTool("bash", { command: `echo ${index}`, description: "d" }), nextStep()],
};
