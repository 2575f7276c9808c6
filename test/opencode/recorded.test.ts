import { beforeAll, describe, expect, it } from "vitest";
import type { Message } from "../../src/engine/message.ts";
import { resultOf } from "../../src/hub/turn-result.ts";
import { messageOf } from "../../src/lifecycle/message-state.ts";
import { foldPrompt } from "./fold-prompt.ts";
import { decodeRecording, rawPayloads, recordedBytes, recordedMessages } from "./recording.ts";
import { READ, SCENARIOS, type SessionScenario } from "./scenarios.ts";
import { shown, TELLINGS, type Telling, tell, textsOf, timeless } from "./tellings.ts";
import { turnsOf, type Watched, watch } from "./watch.ts";

describe.each(Object.entries(SCENARIOS))("%s", (name, scenario) => {
  describe.each(TELLINGS)("%s", (telling) => {
    let turns: ReturnType<typeof turnsOf>;
    let watched: Watched;

    beforeAll(async () => {
      const facts = await tell(name, telling);
      turns = turnsOf(facts);
      watched = watch(facts);
    });

    const sessions = told(scenario.sessions, telling);

    it("knows each session, and which of them is another's child", () => {
      const known = [...watched.store.active()].map(({ session }) => session);
      expect(known.map(({ title }) => title)).toEqual(sessions.map(([title]) => title));
      const [parent, ...others] = known;
      for (const { parentId, title } of others)
        expect(parentId).toBe(title.includes("subagent") ? parent?.id : undefined);
    });

    it.each(sessions)("%s: ends each turn once, as the engine meant it", (title, session) => {
      const { id } = sessionCalled(title, watched);
      const ends = watched.ended.filter(({ sessionId }) => sessionId === id);
      const ids = turns.filter(({ sessionId }) => sessionId === id).map(({ turnId }) => turnId);
      expect(ends.map(({ turnId }) => turnId)).toEqual(ids);
      const results = ends.map((event) => resultOf(event, "opencode"));
      for (const [index, { status, text, code, stopReason }] of session.turns.entries()) {
        expect(results[index]).toMatchObject({ status, text, ...(stopReason ? { stopReason } : {}) });
        expect(ends[index]?.error?.code).toBe(code);
      }
      expect(ends).toHaveLength(session.turns.length);
    });

    it.each(sessions)("%s: comes to rest, with nothing to answer", (title, { status }) => {
      const { id } = sessionCalled(title, watched);
      const state = watched.store.get(id);
      expect(state?.session.status).toBe(status);
      expect(state?.session).not.toHaveProperty("activity");
      expect(state?.session).not.toHaveProperty("retry");
      expect(state?.permissions).toEqual(new Map());
      expect(state?.questions).toEqual(new Map());
      expect(state?.openTurns).toEqual(new Set());
      const of = (type: string) => watched.events.filter((event) => event.type === type).length;
      expect(of("permission_resolved")).toBe(of("permission_requested"));
      expect(of("question_resolved")).toBe(of("question_asked"));
    });

    // No field is left out: whatever the engine's records say of a message, the live message says.
    it.each(sessions)("%s: ends with the messages that the engine keeps", (title) => {
      const { id } = sessionCalled(title, watched);
      const kept = [...recordedMessages(name).values()].filter(({ sessionId }) => sessionId === id);
      // Nobody asked for the messages of that child.
      if (kept.length === 0) return expect(title).toBe("Run it (@general subagent)");
      const last = turns.findLast(({ sessionId }) => sessionId === id);
      const newest = kept.filter(({ turnId }) => turnId === last?.turnId);
      expect(newest.length).toBeGreaterThan(0);
      const messages = watched.store.get(id)?.messages;
      const live = newest.map((message) => {
        const state = messages?.get(message.id);
        return state && messageOf(state);
      });
      expect(live).toEqual(newest);
    });

    it("tells with each end the messages that the engine kept at that time", () => {
      const kept = [...recordedMessages(name).values()].filter(({ role }) => role === "assistant");
      const compared = watched.ended.filter(({ sessionId }) =>
        kept.some((one) => one.sessionId === sessionId),
      );
      expect(compared.length).toBeGreaterThan(0);
      for (const { turnId, messages } of compared) {
        expect(messages.length).toBeGreaterThan(0);
        expect(messages).toEqual(kept.filter((message) => message.turnId === turnId));
      }
    });

    it("tells the reader of a prompt exactly the final messages", () => {
      for (const { turnId, messages } of watched.ended) {
        const news = watched.prompts.get(turnId) ?? [];
        const folded = foldPrompt(news);
        const calls = messages.flatMap(({ toolCalls }) => toolCalls ?? []);
        expect(folded.toolCalls).toEqual(calls);
        expect(shown(folded)).toEqual(textsOf(messages));
        // Every call of these turns came to its end.
        expect(news.filter(({ type }) => type === "tool_call_result")).toHaveLength(calls.length);
      }
    });

    it.each(sessions)("%s: tells the reader of each attempt, and when the next one is", (title, session) => {
      const { id } = sessionCalled(title, watched);
      const raw = rawPayloads(recordedBytes(name)).flatMap(({ type, properties }) =>
        type === "session.status" && properties.sessionID === id ? [properties.status] : [],
      );
      const notices = watched.ended.flatMap(({ turnId, sessionId }) =>
        sessionId === id
          ? (watched.prompts.get(turnId)?.filter((event) => event.type === "retrying") ?? [])
          : [],
      );
      expect(notices.map(({ attempt, message, nextAt }) => ({ attempt, message, next: nextAt }))).toEqual(
        raw.flatMap((status) => {
          const { type, message, ...rest } = status as { type: string; message: string };
          // The engine hands on the JSON of a failure in the middle of an answer; here it is the provider's words.
          const words = message?.startsWith("{") ? JSON.parse(message).message : message;
          return type === "retry" ? [{ ...rest, message: words }] : [];
        }),
      );
      expect(notices).toHaveLength(session.turns.reduce((sum, { retries = 0 }) => sum + retries, 0));
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

    it("asks each question", () => {
      const asked = watched.events.flatMap((event) => (event.type === "question_asked" ? [event] : []));
      const expected = sessions.flatMap(([, { turns: all }]) =>
        all.flatMap(({ question }) => question ?? []),
      );
      expect(asked.map(({ questions }) => questions[0]?.question)).toEqual(expected);
    });
  });

  it("adds up to the same, whoever repeats what", async () => {
    const recorded = watch(await tell(name, "as recorded"));
    const repeated = watch(await tell(name, "every frame twice"));
    // Not one event more: neither in the stream nor in a prompt.
    expect(timeless(repeated.events)).toEqual(timeless(recorded.events));
    expect(timeless([...repeated.prompts.values()])).toEqual(timeless([...recorded.prompts.values()]));
  });

  it("adds up to the same from either stream", async () => {
    const everywhere = watch(await tell(name, "as recorded"));
    const here = watch(await tell(name, "as recorded from /event"));
    for (const { session, messages } of here.store.active()) {
      const other = everywhere.store.get(session.id);
      expect(session).toEqual(other?.session);
      expect([...messages.values()].map(messageOf)).toEqual(
        [...(other?.messages.values() ?? [])].map(messageOf),
      );
      const of = ({ ended }: Watched) => ended.filter(({ sessionId }) => sessionId === session.id);
      expect(of(here)).toEqual(of(everywhere));
    }
    for (const [turnId, events] of here.prompts)
      expect(timeless(events)).toEqual(timeless(everywhere.prompts.get(turnId)));
  });

  it.each(["global", "event"] as const)(
    "reads every known event of %s, and passes the others on",
    async (stream) => {
      const bytes = recordedBytes(name, stream);
      const { events, diagnostics } = await decodeRecording(bytes);
      expect(diagnostics).toEqual([]);
      const passedOn = events.filter((event) => event.type === "unknown");
      const unread = rawPayloads(bytes).filter(({ type }) => !READ.has(type));
      expect(passedOn.map(({ name: type, raw }) => ({ type, raw }))).toEqual(
        unread.map((raw) => ({ type: raw.type, raw })),
      );
    },
  );

  it("learns where each session lives", async () => {
    const { directories, events } = await decodeRecording(recordedBytes(name));
    const { store } = watch(events);
    for (const { session } of store.active())
      expect(directories.get(session.id)).toBe(session.workingDirectory);
    // Frames of `/event` do not say.
    expect((await decodeRecording(recordedBytes(name, "event"))).directories).toEqual(new Map());
  });
});

/** The sessions that a telling tells of. */
function told(sessions: Readonly<Record<string, SessionScenario>>, telling: Telling) {
  const isLocal = telling === "as recorded from /event";
  return Object.entries(sessions).filter(([, { elsewhere }]) => !(isLocal && elsewhere));
}

function sessionCalled(title: string, { store }: Watched) {
  for (const { session } of store.active()) if (session.title === title) return session;
  throw new Error(`No session is called ${title}.`);
}

function callIdsOf({ id, toolCalls = [] }: Message): readonly string[] {
  return toolCalls.map((call) => `${id} ${call.id}`);
}
