import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { DriverEvent } from "../../src/engine/driver-events.ts";
import { resultOf } from "../../src/hub/turn-result.ts";
import { messageOf } from "../../src/lifecycle/message-state.ts";
import { foldPrompt } from "./fold-prompt.ts";
import { decodeRecording, rawPayloads, recordedBytes, recordedHistories } from "./recording.ts";
import { APART, READ, SCENARIOS } from "./scenarios.ts";
import { shown, TELLINGS, tell, textsOf } from "./tellings.ts";
import { turnsOf, type Watched, watch, withTurnStarted } from "./watch.ts";

/** The stream of all directories, and that of one. */
const STREAMS = ["as recorded", "as recorded from /event"] as const;

it("has a test of every recording", () => {
  const files = readdirSync(new URL("../fixtures/opencode/", import.meta.url));
  const recorded = files.flatMap((file) => /^(.+)\.global\.sse$/.exec(file)?.[1] ?? []);
  expect([...Object.keys(SCENARIOS), ...APART].toSorted()).toEqual(recorded.toSorted());
});

describe.each(APART)("%s", (name) => {
  it.each(["global", "event"] as const)("reads every known event of %s", async (stream) => {
    const bytes = recordedBytes(name, stream);
    const { events, diagnostics } = await decodeRecording(bytes);
    expect(diagnostics).toEqual([]);
    const unread = rawPayloads(bytes).filter(({ type }) => !READ.has(type));
    const passedOn = events.flatMap((event) => (event.type === "unknown" ? event.raw : []));
    expect(passedOn).toEqual(unread);
  });
});

describe.each(STREAMS)("prompts that wait in a queue, %s", (stream) => {
  it("are answered by one run: the middle one is superseded", async () => {
    const watched = watch(withTurnStarted(await tell("busy-queue", stream), "first"));
    const { ended, prompts, events } = watched;
    expect(ended.map(({ status }) => status)).toEqual(["completed", "superseded", "completed"]);
    expect(ended[1]).toMatchObject({ supersededBy: ended[2]?.turnId, messages: [] });
    const counted = Array.from({ length: 20 }, (_, index) => `a${index} `).join("");
    expect(ended.map((end) => resultOf(end, "opencode").text)).toEqual([
      `${counted} first.`,
      "",
      "Third answer.",
    ]);
    for (const { turnId, messages } of ended)
      expect(shown(foldPrompt(prompts.get(turnId) ?? []))).toEqual(textsOf(messages));
    expect(sessionOf(watched)?.session.status).toBe("completed");
    // From the first to the last the session never rests.
    const course = events.flatMap((event) =>
      event.type === "session_updated" ? [event.session.status] : [],
    );
    expect(course.join(" ")).toMatch(/^idle (?:running )+completed(?: completed)*$/);
    expect(ended.flatMap(({ messages }) => messages)).toEqual(answersKept("busy-queue"));
  });

  it("are seen from elsewhere as two turns: nothing tells that the middle one was ever asked", async () => {
    const facts = await tell("busy-queue", stream);
    const { ended } = watch(facts);
    const [first, , third] = turnsOf(facts);
    expect(ended.map(({ turnId, status }) => [turnId, status])).toEqual([
      [first?.turnId, "completed"],
      [third?.turnId, "completed"],
    ]);
    expect(ended.flatMap(({ messages }) => messages)).toEqual(answersKept("busy-queue"));
  });
});

describe.each(STREAMS)("a session that is deleted while it works, %s", (stream) => {
  it("ends its turn with what was seen of it", async () => {
    const { ended, prompts } = watch(await tell("delete-while-busy", stream));
    expect(ended).toMatchObject([{ status: "error", error: { code: "SESSION_NOT_FOUND" } }]);
    expect(ended.map((end) => resultOf(end, "opencode").text)).toEqual(["d0 "]);
    for (const { turnId, messages } of ended)
      expect(shown(foldPrompt(prompts.get(turnId) ?? []))).toEqual(textsOf(messages));
  });

  it("is not brought back by what the engine goes on to say of it", async () => {
    const facts = await tell("delete-while-busy", stream);
    const deleted = facts.findIndex(({ type }) => type === "session_deleted");
    const late = facts.slice(deleted + 1);
    // The model runs on: 59 deltas more, then a complaint, and twice that it is idle.
    expect(countTypes(late)).toEqual({ part_delta: 59, session_error: 1, session_status: 4 });
    const { events, store } = watch(facts);
    expect(store.get(sessionIdOf(facts))).toBeUndefined();
    expect(events.at(-1)).toEqual({ type: "session_deleted", sessionId: sessionIdOf(facts) });
    expect(events.filter(({ type }) => type === "session_deleted")).toHaveLength(1);
  });
});

describe.each(STREAMS)("a message that asks for no answer, %s", (stream) => {
  it("is there, and begins no turn", async () => {
    const facts = await tell("no-reply", stream);
    const { events, ended, store } = watch(facts);
    const state = store.get(sessionIdOf(facts));
    expect(ended).toEqual([]);
    expect(state?.openTurns).toEqual(new Set());
    expect(state?.session.status).toBe("idle");
    expect(events.filter(({ type }) => type === "session_updated")).toHaveLength(2);
    const messages = [...(state?.messages.values() ?? [])].map(messageOf);
    expect(messages.map(({ role, content }) => [role, content.text])).toEqual([["user", "Remember: blue."]]);
    expect(messages).toEqual(recordedHistories("no-reply").at(-1));
  });
});

describe.each(STREAMS)("a model that does not exist, %s", (stream) => {
  it("ends each turn that asks for it with the reason, in one line", async () => {
    const watched = watch(withTurnStarted(await tell("unknown-model", stream), "first"));
    expect(watched.ended.map(({ status, error, messages }) => [status, error, messages])).toEqual([
      ["error", { code: "INVALID_REQUEST", message: "Model not found: local/nope." }, []],
      [
        "error",
        {
          code: "INVALID_REQUEST",
          message: "Model not found: nope/nope. Did you mean: standardcompute?",
        },
        [],
      ],
    ]);
    expect(sessionOf(watched)?.session.status).toBe("error");
  });

  it("is no turn to who did not ask: nobody has begun to answer", async () => {
    const facts = await tell("unknown-model", stream);
    const { ended, store } = watch(facts);
    const state = store.get(sessionIdOf(facts));
    expect(ended).toEqual([]);
    expect(state?.session.status).toBe("idle");
    expect([...(state?.messages.values() ?? [])].map(messageOf)).toEqual(
      recordedHistories("unknown-model").at(-1),
    );
  });
});

describe("a conversation that no longer fits", () => {
  it.each(TELLINGS)("is shortened and answered in the same turn, %s", async (telling) => {
    const watched = watch(await tell("context-overflow", telling));
    const { ended, prompts } = watched;
    expect(ended.map(({ status, error }) => [status, error])).toEqual([["completed", undefined]]);
    const [end] = ended;
    // The answer that did not fit, the summary, and the answer to the engine's own "continue".
    expect(end?.messages.map(({ content, summary }) => [content.text, summary])).toEqual([
      ["", undefined],
      ["## Summary\nScripted summary.", true],
      ["Hello there from the scripted model.", undefined],
    ]);
    expect([...prompts.keys()]).toEqual([end?.turnId]);
    expect(sessionOf(watched)?.session.status).toBe("completed");
  });
});

it("has unknown events to pass on in at least one recording", () => {
  const unread = rawPayloads(recordedBytes("edit-permission-diff")).filter(({ type }) => !READ.has(type));
  expect(unread.map(({ type }) => type)).toEqual(
    expect.arrayContaining(["file.edited", "file.watcher.updated"]),
  );
});

describe("what only one recording has", () => {
  it("shows an edit before it is made", async () => {
    const { events } = watch(await tell("edit-permission-diff", "as recorded"));
    const steps = events.flatMap((event) => {
      if (event.type === "permission_requested") return [`asks to ${event.description}`];
      if (event.type === "unknown" && event.name === "file.edited") return ["edits"];
      if (event.type === "file_diff") return ["tells the diff"];
      return [];
    });
    expect(steps.slice(0, 4)).toEqual([
      "asks to Change notes.txt",
      "edits",
      "asks to Change new.txt",
      "edits",
    ]);
    expect(steps.slice(4)).toContain("tells the diff");
  });

  it("forgets the messages of a reverted turn and goes on with the next", async () => {
    const watched = watch(await tell("edit-permission-diff", "as recorded"));
    const [first, second] = watched.ended;
    expect(first?.messages).toHaveLength(3);
    for (const { id } of first?.messages ?? []) expect(sessionOf(watched)?.messages.has(id)).toBe(false);
    expect(second?.messages.map(({ content }) => content.text)).toEqual(["After revert."]);
    // The first turn changed one file, then another: each time the whole is told, once. The second changed nothing.
    const diffsOf = (turnId: string | undefined) =>
      watched.events.filter((event) => event.type === "file_diff" && event.messageId === turnId);
    expect(diffsOf(first?.turnId)).toMatchObject([{ diff: [{}] }, { diff: [{}, {}] }]);
    expect(diffsOf(second?.turnId)).toEqual([]);
  });

  it("tells of a retry once", async () => {
    const { prompts, events } = watch(await tell("retry-429-once", "as recorded"));
    const retries = [...prompts.values()].flat().filter(({ type }) => type === "retrying");
    expect(retries).toEqual([
      { type: "retrying", attempt: 1, message: "slow down", nextAt: expect.any(Number) },
    ]);
    const activities = events.flatMap((event) =>
      event.type === "session_updated" ? event.session.activity : [],
    );
    expect(activities).toContain("retrying");
  });

  it("withdraws the text of each attempt that was cut, and keeps what the engine kept", async () => {
    const { prompts, ended } = watch(await tell("stream-cut", "as recorded"));
    const told = [...prompts.values()].flat();
    const attempts = told.flatMap((event) => (event.type === "retrying" ? [event.attempt] : []));
    expect(attempts).toEqual([1, 2, 3]);
    const { resets, texts } = foldPrompt(told);
    expect(resets).toEqual(["", ""]);
    expect([...texts.values()].map(({ text }) => text)).toEqual(["", "", "Half of an answer"]);
    expect(ended.flatMap(({ messages }) => messages.map(({ content }) => content.text))).toEqual([
      "Half of an answer",
    ]);
    // Each attempt was shown while it lasted, and withdrawn before the next one began.
    const course = told.flatMap((event) =>
      event.type === "text_delta" || event.type === "text_reset" ? [event.type] : [],
    );
    expect(course.join(" ")).toMatch(
      /^(?:text_delta )+text_reset (?:text_delta )+text_reset (?:text_delta ?)+$/,
    );
  });

  it("tells reasoning and text apart", async () => {
    const { prompts } = watch(await tell("reasoning", "as recorded"));
    const texts = [...foldPrompt([...prompts.values()].flat()).texts.values()];
    expect(texts).toEqual([
      { kind: "reasoning", text: "Let me think about it." },
      { kind: "text", text: "The answer is 42." },
    ]);
  });

  it("streams: text comes as it is written, not all at once", async () => {
    const { prompts } = watch(await tell("abort-mid-stream", "as recorded"));
    const deltas = [...prompts.values()].flat().filter(({ type }) => type === "text_delta");
    expect(deltas).toMatchObject(
      ["tick0  ", "tick1  ", "tick2  ", "tick3  ", "tick4  ", "tick5  "].map((delta) => ({ delta })),
    );
  });
});

function answersKept(name: string) {
  return recordedHistories(name)
    .at(-1)
    ?.filter(({ role }) => role === "assistant");
}

/** The session of the last turn that ended. */
function sessionOf({ store, ended }: Watched) {
  return store.get(ended.at(-1)?.sessionId ?? "");
}

function sessionIdOf(facts: readonly DriverEvent[]): string {
  const [created] = facts.flatMap((fact) => (fact.type === "session_created" ? [fact.session.id] : []));
  return created ?? "";
}

function countTypes(facts: readonly DriverEvent[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { type } of facts) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}
