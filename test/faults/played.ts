import { expect } from "vitest";
import type { Diagnostic } from "../../src/engine/diagnostics.ts";
import type { Session } from "../../src/engine/session.ts";
import { OpenCodeClient } from "../../src/opencode/client.ts";
import { startFakeOpenCode } from "../../src/testing/faults/fake-open-code.ts";
import { createFaultProxy } from "../../src/testing/faults/proxy.ts";
import { parseRecording } from "../../src/testing/faults/recording.ts";
import { foldPrompt } from "../opencode/fold-prompt.ts";
import { recordedBytes, recordedCalls } from "../opencode/recording.ts";
import { Reenactor } from "../opencode/reenactor.ts";
import { SCENARIOS } from "../opencode/scenarios.ts";
import { shown, textsOf } from "../opencode/tellings.ts";
import { disturb, type Schedule } from "./schedules.ts";

const APART = new Set([
  // The recorder did more than prompt: what it asked for besides is not to be disturbed.
  "summarize",
  "shell-command",
  "edit-permission-diff",
  "instance-dispose",
  // After a prompt with a format the engine can't read the session's messages any more: what a gap has swallowed is gone.
  "structured-output",
  "structured-output-missing",
]);

export const PLAYABLE: readonly string[] = Object.keys(SCENARIOS).filter((name) => !APART.has(name));

export interface Fate {
  /** What goes wrong on the way. Default: nothing. */
  readonly schedule?: Schedule | undefined;
  /** The event stream breaks off before this frame of the recording. Default: never. */
  readonly dropBefore?: number | undefined;
  /** The client keeps a mirror of every session, not only of those that it prompts. */
  readonly isMirror: boolean;
}

/** Plays a recording to the real client, whatever its fate, and looks at what has become of it. */
export async function play(name: string, { schedule = [], dropBefore, isMirror }: Fate): Promise<void> {
  const before = timers();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const late = setTimeout(() => failed.reject(new Error(`${name} came to no end.`)), 30_000);
  const fake = await startFakeOpenCode({
    recording: parseRecording(recordedBytes(name)),
    // What a fault holds back comes with the next one.
    heartbeatMs: 50,
    onCue: (cue) => void reenactor.act(cue).catch(failed.reject),
    beforeFrame(index) {
      if (index === dropBefore) fake.drop();
    },
  });
  const proxy = await createFaultProxy({ target: fake.url });
  const diagnostics: Diagnostic[] = [];
  const client = new OpenCodeClient({
    baseUrl: proxy.url,
    onDiagnostic: (told) => diagnostics.push(told),
  });
  const reenactor = new Reenactor(client, recordedCalls(name), failed.reject);
  try {
    disturb(proxy, schedule);
    if (isMirror) await client.connect();
    await Promise.race([fake.finished, failed.promise]);
    await Promise.race([reenactor.allOver(), failed.promise]);
    await expectWhatHappened(name, client, reenactor);
    // What the mirror says once all is over is what the engine's own records say.
    const scenario = SCENARIOS[name]?.sessions ?? {};
    for (const session of reenactor.sessions) {
      const rests = ({ status, title }: Session) => status === scenario[title]?.status;
      await client.registry.waitFor(session, rests, { timeout: 15_000 });
    }
    expect(await (await fetch(`${fake.url}/session/status`)).json()).toEqual({});
    expect(client.registry.getSnapshot().permissions).toEqual([]);
    expect(unexpected(diagnostics)).toEqual([]);
    await client.dispose();
    proxy.cutAll();
    await fake.quiet();
    expect([fake.requests, fake.listeners]).toEqual([0, 0]);
  } finally {
    clearTimeout(late);
    await client.dispose();
    await proxy.close();
    await fake.close();
  }
  expect(timers()).toBeLessThanOrEqual(before);
}

/** How many timers keep the process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
}

async function expectWhatHappened(
  name: string,
  client: OpenCodeClient,
  { prompts }: Reenactor,
): Promise<void> {
  const scenario = SCENARIOS[name]?.sessions ?? {};
  for (const { sessionId, index, events, result } of prompts) {
    // An engine may name a session after its first turn.
    const isNamed = ({ title }: Session) => Object.hasOwn(scenario, title);
    const { title } = await client.registry.waitFor(sessionId, isNamed, { timeout: 15_000 });
    const expected = scenario[title]?.turns[index];
    expect({ status: result.status, text: result.text }).toEqual({
      status: expected?.status,
      text: expected?.text,
    });
    const folded = foldPrompt(events);
    expect(shown(folded)).toEqual(textsOf(result.messages));
    expect(folded.toolCalls).toEqual(result.toolCalls);
    const kept = await client.session.messages(sessionId);
    const ids = new Set(result.messages.map(({ id }) => id));
    expect(result.messages).toEqual(kept.filter(({ id }) => ids.has(id)));
  }
}

/** Drops are told, and what was injected is called what it is. */
function unexpected(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const expected = new Set(["stream_dropped", "malformed_event", "session_unreadable"]);
  return diagnostics.filter(({ code }) => !expected.has(code));
}
