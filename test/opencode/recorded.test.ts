import { beforeAll, describe, expect, it } from "vitest";
import type { Message } from "../../src/engine/message.ts";
import { messageOf } from "../../src/lifecycle/message-state.ts";
import { type FoldedPrompt, foldPrompt } from "./fold-prompt.ts";
import { decodeRecording, doubled, rawPayloads, recordedBytes, recordedHistories } from "./recording.ts";
import { READ, SCENARIOS } from "./scenarios.ts";
import { turnsOf, type Watched, watch, withTurnStarted } from "./watch.ts";

/**
 * The same traffic in four tellings: as it was recorded, with every frame twice, and with the package's own
 * `turn_started`, which comes when the prompt's POST is answered: before the turn's first event or well after it.
 */
const TELLINGS = ["as recorded", "every frame twice", "own prompt, early", "own prompt, late"] as const;

describe.each(Object.entries(SCENARIOS))("%s", (name, scenario) => {
  describe.each(TELLINGS)("%s", (telling) => {
    let turnIds: readonly string[];
    let watched: Watched;

    beforeAll(async () => {
      const facts = await tell(name, telling);
      turnIds = turnsOf(facts).map(({ turnId }) => turnId);
      watched = watch(facts);
    });

    it("ends each turn once, as the engine meant it", () => {
      const ends = watched.ended.map(({ turnId, status }) => [turnId, status]);
      expect(ends).toEqual(scenario.turns.map((status, index) => [turnIds[index], status]));
      expect(watched.ended.at(-1)?.error?.code).toBe(scenario.code);
    });

    it("leaves the session at rest, with nothing to answer", () => {
      const { session, permissions, openTurns } = stateOf(watched);
      expect(session.status).toBe(scenario.session);
      expect(session).not.toHaveProperty("activity");
      expect(session).not.toHaveProperty("retry");
      expect(permissions).toEqual(new Map());
      expect(openTurns).toEqual(new Set());
      const of = (type: string) => watched.events.filter((event) => event.type === type).length;
      expect(of("permission_resolved")).toBe(of("permission_requested"));
    });

    // No field is left out: whatever the engine's history says of a message, the live message says.
    it("ends with the messages that the engine keeps", () => {
      const history = recordedHistories(name).at(-1) ?? [];
      const newest = history.filter(({ turnId }) => turnId === turnIds.at(-1));
      expect(newest.length).toBeGreaterThan(1);
      const { messages } = stateOf(watched);
      const live = newest.map(({ id }) => {
        const message = messages.get(id);
        return message && messageOf(message);
      });
      expect(live).toEqual(newest);
    });

    it("tells with each end the messages that the engine kept at that time", () => {
      const kept = new Map(
        recordedHistories(name)
          .flat()
          .map((message) => [message.id, message]),
      );
      for (const { turnId, messages } of watched.ended) {
        const answers = [...kept.values()].filter(
          (message) => message.turnId === turnId && message.role === "assistant",
        );
        expect(answers.length).toBeGreaterThan(0);
        expect(messages).toEqual(answers);
      }
    });

    it("tells the reader of a prompt exactly the final messages", () => {
      for (const { turnId, messages } of watched.ended) {
        const told = watched.prompts.get(turnId) ?? [];
        const folded = foldPrompt(told);
        const calls = messages.flatMap(({ toolCalls }) => toolCalls ?? []);
        expect(folded.toolCalls).toEqual(calls);
        expect(shown(folded)).toEqual(textsOf(messages));
        // Every call of these turns came to its end.
        expect(told.filter(({ type }) => type === "tool_call_result")).toHaveLength(calls.length);
      }
    });

    it("tells the birth of each message once", () => {
      const born = watched.events.flatMap((event) =>
        event.type === "message_created" ? [event.message.id] : [],
      );
      expect(born).toEqual([...new Set(born)]);
    });

    it("describes each permission request", () => {
      const asked = rawPayloads(recordedBytes(name)).filter(({ type }) => type === "permission.asked");
      const requests = watched.events.filter((event) => event.type === "permission_requested");
      expect(requests).toMatchObject(scenario.asks ?? []);
      expect(requests.map(({ permissionId, sessionId }) => [permissionId, sessionId])).toEqual(
        asked.map(({ properties: { id, sessionID } }) => [id, sessionID]),
      );
      // Each names the tool call that waits for it.
      const calls = new Set(watched.ended.flatMap(({ messages }) => messages.flatMap(callIdsOf)));
      for (const { messageId, toolCallId } of requests) expect(calls).toContain(`${messageId} ${toolCallId}`);
    });
  });

  it("adds up to the same, whoever repeats what", async () => {
    const recorded = watch(await tell(name, "as recorded"));
    const repeated = watch(await tell(name, "every frame twice"));
    // Not one event more: neither in the stream nor in a prompt.
    expect(timeless(repeated.events)).toEqual(timeless(recorded.events));
    expect(timeless([...repeated.prompts.values()])).toEqual(timeless([...recorded.prompts.values()]));
  });

  it("reads every known event, and passes the others on as they came", async () => {
    const bytes = recordedBytes(name);
    const { events, diagnostics, directories } = await decodeRecording(bytes);
    expect(diagnostics).toEqual([]);
    const passedOn = events.filter((event) => event.type === "unknown");
    const unread = rawPayloads(bytes).filter(({ type }) => !READ.has(type));
    expect(passedOn.map(({ name: type, raw }) => ({ type, raw }))).toEqual(
      unread.map((raw) => ({ type: raw.type, raw })),
    );
    expect([...new Set(directories.values())]).toEqual(["/tmp/workspace-a"]);
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
    const { messages } = stateOf(watched);
    expect(first?.messages).toHaveLength(3);
    for (const { id } of first?.messages ?? []) expect(messages.has(id)).toBe(false);
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
    expect(texts.map(({ kind }) => kind)).toEqual(["reasoning", "text"]);
    expect(texts.map(({ text }) => text.length > 0)).toEqual([true, true]);
  });

  it("streams: text comes as it is written, not all at once", async () => {
    const { prompts } = watch(await tell("abort-mid-stream", "as recorded"));
    const deltas = [...prompts.values()].flat().filter(({ type }) => type === "text_delta");
    expect(deltas).toMatchObject(
      ["tick0  ", "tick1  ", "tick2  ", "tick3  ", "tick4  ", "tick5  "].map((delta) => ({ delta })),
    );
  });
});

describe("prompts that wait in a queue", () => {
  it("are answered by one run: the middle one is superseded", async () => {
    const { ended, store, prompts, events } = watch(await tell("busy-queue", "own prompt, early"));
    expect(ended.map(({ status }) => status)).toEqual(["completed", "superseded", "completed"]);
    expect(ended[1]).toMatchObject({ supersededBy: ended[2]?.turnId, messages: [] });
    for (const { turnId, messages } of ended)
      expect(shown(foldPrompt(prompts.get(turnId) ?? []))).toEqual(textsOf(messages));
    expect(store.get(ended[0]?.sessionId ?? "")?.session.status).toBe("completed");
    // From the first to the last the session never rests.
    const course = events.flatMap((event) =>
      event.type === "session_updated" ? [event.session.status] : [],
    );
    expect(course.join(" ")).toMatch(/^idle (?:running )+completed(?: completed)*$/);
    const history = recordedHistories("busy-queue").at(-1) ?? [];
    expect(ended.flatMap(({ messages }) => messages)).toEqual(
      history.filter(({ role }) => role === "assistant"),
    );
  });
});

describe("a conversation that no longer fits", () => {
  it("is shortened and answered under a prompt of the engine's own, and that is no abort", async () => {
    for (const telling of TELLINGS) {
      const { ended, store } = watch(await tell("context-overflow", telling));
      expect(ended.map(({ status }) => status)).toEqual(["superseded", "completed", "completed"]);
      expect(ended[0]?.supersededBy).toBe(ended[1]?.turnId);
      expect(store.get(ended[0]?.sessionId ?? "")?.session.status).toBe("completed");
    }
  });
});

async function tell(name: string, telling: (typeof TELLINGS)[number]) {
  const bytes = recordedBytes(name);
  const { events } = await decodeRecording(telling === "every frame twice" ? doubled(bytes) : bytes);
  if (telling === "own prompt, early") return withTurnStarted(events, "first");
  return telling === "own prompt, late" ? withTurnStarted(events, "late") : events;
}

function stateOf({ store, ended }: Watched) {
  const state = store.get(ended.at(-1)?.sessionId ?? "");
  if (state === undefined) throw new Error("No turn ended.");
  return state;
}

function callIdsOf({ id, toolCalls = [] }: Message): readonly string[] {
  return toolCalls.map((call) => `${id} ${call.id}`);
}

/** What a person sees of the texts; a part that has none is not seen. */
function textsOf(messages: readonly Message[]) {
  return messages.flatMap(({ parts = [] }) =>
    parts.flatMap((part) =>
      (part.type === "text" || part.type === "reasoning") && part.text !== ""
        ? [[part.id, part.type, part.text]]
        : [],
    ),
  );
}

function shown({ texts }: FoldedPrompt) {
  return [...texts].flatMap(([id, { kind, text }]) => (text === "" ? [] : [[id, kind, text]]));
}

/** Permission requests are dated by the client's clock: the engine does not say when it asked. */
function timeless(events: unknown): unknown {
  const ofPermission = (value: unknown): value is object =>
    typeof value === "object" && value !== null && "permissionId" in value;
  return JSON.parse(JSON.stringify(events), (_, value) =>
    ofPermission(value) ? { ...value, createdAt: 0 } : value,
  );
}
