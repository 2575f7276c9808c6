import { beforeAll, describe, expect, it } from "vitest";
import type { Diagnostic } from "../../src/engine/diagnostics.ts";
import type { Message } from "../../src/engine/message.ts";
import { OpenCodeClient } from "../../src/opencode/client.ts";
import type { CueType } from "../../src/testing/faults/cues.ts";
import { startFakeOpenCode } from "../../src/testing/faults/fake-open-code.ts";
import { parseRecording, type RecordedFrame } from "../../src/testing/faults/recording.ts";
import { foldPrompt } from "./fold-prompt.ts";
import {
  type RecordedCall,
  rawPayloads,
  recordedBytes,
  recordedCalls,
  recordedHistories,
} from "./recording.ts";
import { Reenactor } from "./reenactor.ts";
import { APART, SCENARIOS, type SessionScenario } from "./scenarios.ts";
import { shown, textsOf } from "./tellings.ts";

/** Comes last: who has seen it has seen everything. */
const END: RecordedFrame = { payload: { id: "evt_zzz", type: "test.end", properties: {} } };

/** Of turns that somebody ended: the engine does not always call that an error. */
const CODE_OF: Readonly<Record<string, string>> = {
  aborted: "PROMPT_ABORTED",
  rejected: "PERMISSION_DENIED",
};

describe.each(Object.entries(SCENARIOS))("%s, played to the real client", (name, scenario) => {
  let played: Awaited<ReturnType<typeof replay>>;

  beforeAll(async () => {
    played = await replay(name);
  });

  it("ends each prompt as the engine meant it", () => {
    const asked = recordedCalls(name).filter(({ path }) => /\/(?:message|prompt_async)$/.test(path));
    expect(played.prompts).toHaveLength(asked.filter(({ method }) => method === "POST").length);
    for (const { sessionId, index, result, events } of played.prompts) {
      const expected = played.scenarioOf(sessionId).turns[index];
      const { status = "", text, stopReason, code, retries = 0 } = expected ?? {};
      expect(result).toMatchObject({ status, text, ...(stopReason ? { stopReason } : {}) });
      expect(result.error?.code).toBe(code ?? CODE_OF[status]);
      expect(events.filter(({ type }) => type === "retrying")).toHaveLength(retries);
      expect(events.at(-1)?.type).toBe(["aborted", "error"].includes(status) ? "error" : "message_done");
    }
  });

  it("tells who iterates a prompt exactly its final messages", () => {
    for (const { events, result } of played.prompts) {
      const folded = foldPrompt(events);
      expect(shown(folded)).toEqual(textsOf(result.messages));
      expect(folded.toolCalls).toEqual(result.toolCalls);
      expect(result.toolCalls).toEqual(result.messages.flatMap(({ toolCalls = [] }) => toolCalls));
    }
  });

  it("calls each turn by the id that the client chose", () => {
    const prompts = new Set(played.prompts.map(({ turnId }) => turnId));
    expect(prompts.size).toBe(played.prompts.length);
    for (const turnId of prompts) expect([...played.names.values()]).toContain(turnId);
    for (const { turnId, result } of played.prompts)
      for (const message of result.messages) expect(message.turnId).toBe(turnId);
  });

  it("reads the history that the engine kept", () => {
    const kept = new Map(recordedHistories(name).map((history) => [history[0]?.sessionId ?? "", history]));
    const told = [...kept].map(([sessionId]) => [sessionId, played.messages.get(sessionId)]);
    expect(told).toEqual(
      [...kept].map(([sessionId, history]) => [sessionId, renamed(history, played.names)]),
    );
    // The engine can't tell the messages of a session in which a format was asked for.
    if (kept.size === 0) expect([...played.messages.values()]).toMatchObject([{ code: "INVALID_REQUEST" }]);
  });

  it("leaves every session at rest in the registry", () => {
    const told = played.sessions.map(({ title, status }) => [title, status]);
    const expected = Object.entries(scenario.sessions).map(([title, { status }]) => [title, status]);
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(expected));
  });

  it("asks each question and each permission once", () => {
    const asked = rawPayloads(recordedBytes(name)).filter(({ type }) => /^\w+\.asked$/.test(type));
    const told = played.prompts.flatMap(({ events }) =>
      events.flatMap((event) => {
        if (event.type === "permission_requested") return event.permissionId;
        return event.type === "question_asked" ? event.questionId : [];
      }),
    );
    expect(told).toEqual(asked.map(({ properties }) => properties.id));
  });

  it("has nothing to complain of, and leaves nothing behind", () => {
    // Of a session in which a format was asked for the engine can't tell the messages while it is at work, either.
    const isTold = recordedHistories(name).length > 0;
    const complaints = played.diagnostics.filter(({ code }) => isTold || code !== "session_unreadable");
    expect(complaints).toEqual([]);
    expect(played.left).toEqual({ requests: 0, listeners: 0 });
  });
});

describe.each([...Object.keys(SCENARIOS), ...APART])("%s, played without a client", (name) => {
  it("is answered at each moment as it was answered then", async () => {
    const failed = Promise.withResolvers<never>();
    const calls: QueriedCall[] = recordedCalls(name).map((call) => ({ query: {}, ...call }));
    const compare = async (reads: readonly QueriedCall[]) => {
      for (const { path, query, status, responseBody } of reads) {
        const response = await fetch(`${fake.url}${path}?${new URLSearchParams(query)}`);
        expect([path, response.status, await response.json()]).toEqual([path, status, responseBody]);
      }
    };
    const fake = await startFakeOpenCode({
      recording: parseRecording(recordedBytes(name)),
      onCue({ type }) {
        // What the recorder asked before it did what is waited for now.
        const cause = calls.findIndex((call) => causedBy(call).includes(type));
        const before = calls.splice(0, cause + 1).filter(isRead);
        compare(before).then(() => fake.proceed(), failed.reject);
      },
    });
    try {
      await Promise.race([fake.finished, failed.promise]);
      // Of what it asked while something ran nobody knows when that was; the last answers are those of the end.
      const last = new Map(
        calls.filter(isRead).map((call) => [JSON.stringify([call.path, call.query]), call]),
      );
      await compare([...last.values()]);
    } finally {
      await fake.close();
    }
  });
});

/** A recorded call with the query that it had. */
interface QueriedCall extends RecordedCall {
  readonly query: Readonly<Record<string, string>>;
}

/** Of the routes that clients read; a list of sessions was only asked for while they ran. */
function isRead({ method, path }: RecordedCall): boolean {
  const read = /^\/(?:permission|question|session\/status|session\/ses_\w+(?:\/message|\/diff)?)$/;
  return method === "GET" && read.test(path);
}

/** The kinds of cues that a call gives. */
function causedBy({ method, path }: RecordedCall): readonly CueType[] {
  if (method === "GET") return [];
  if (method === "DELETE") return ["delete"];
  if (path === "/session") return ["create"];
  if (path === "/instance/dispose") return ["abort", "dispose"];
  if (/\/(?:message|prompt_async)$/.test(path)) return ["prompt"];
  if (/\/permissions?\//.test(path)) return ["permission"];
  if (path.startsWith("/question/")) return ["question"];
  const [verb] = (["abort", "shell", "summarize", "revert", "unrevert"] as const).filter((one) =>
    path.endsWith(`/${one}`),
  );
  return verb === undefined ? [] : [verb];
}

/** Takes the real client through a scenario, against a server that plays the recording. */
async function replay(name: string) {
  const failed = Promise.withResolvers<never>();
  const ended = Promise.withResolvers<void>();
  const fake = await startFakeOpenCode({
    recording: [...parseRecording(recordedBytes(name)), END],
    onCue(cue) {
      if (cue.type !== "create") listen();
      reenactor.act(cue).catch(failed.reject);
    },
  });
  const diagnostics: Diagnostic[] = [];
  const onDiagnostic = (diagnostic: Diagnostic) => diagnostics.push(diagnostic);
  const client = new OpenCodeClient({ baseUrl: fake.url, onDiagnostic });
  const reenactor = new Reenactor(client, recordedCalls(name), failed.reject);
  let listen = () => {
    listen = () => {};
    client.events.subscribe((event) => {
      if (event.type === "unknown" && event.name === "test.end") ended.resolve();
    });
  };
  const everything = async () => {
    await Promise.all([fake.finished, ended.promise]);
    await reenactor.allOver();
    const sessions = client.registry.list();
    const messages = new Map(
      await Promise.all(
        sessions.map(
          async ({ id }) => [id, await client.session.messages(id).catch((error: unknown) => error)] as const,
        ),
      ),
    );
    return { sessions, messages };
  };
  try {
    const { sessions, messages } = await Promise.race([everything(), failed.promise]);
    await client.dispose();
    await fake.quiet();
    const { requests, listeners, names } = fake;
    const { prompts } = reenactor;
    const scenarios: Readonly<Record<string, SessionScenario>> = SCENARIOS[name]?.sessions ?? {};
    const scenarioOf = (sessionId: string): SessionScenario => {
      const title = sessions.find(({ id }) => id === sessionId)?.title ?? "";
      return scenarios[title] ?? { turns: [], status: "idle" };
    };
    return { prompts, sessions, messages, names, diagnostics, left: { requests, listeners }, scenarioOf };
  } finally {
    await client.dispose();
    await fake.close();
  }
}

/** The same history with the ids that the client chose. Parts stand in the order of their ids, as in the engine's records. */
function renamed(history: readonly Message[], names: ReadonlyMap<string, string>): readonly Message[] {
  let text = JSON.stringify(history);
  for (const [recorded, chosen] of names) text = text.replaceAll(recorded, chosen);
  const messages: readonly Message[] = JSON.parse(text);
  return messages.map(({ parts = [], ...message }) => ({
    ...message,
    parts: parts.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  }));
}
