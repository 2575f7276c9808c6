import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EngineEvent } from "../../../src/engine/events.ts";
import { sessionOf } from "../../../src/hub/session-of.ts";
import { recordedMessages } from "../../opencode/recording.ts";
import { SCENARIOS } from "../../opencode/scenarios.ts";
import { Reader, twoTellings } from "./two-tellings.ts";

const scenarios = Object.keys(SCENARIOS);

const createdOf = (events: readonly EngineEvent[]) =>
  events.flatMap((event) => (event.type === "message_created" ? [event.message.id] : []));

/** In which order the two come, and how many milliseconds pass before each. */
const order = fc.array(fc.tuple(fc.boolean(), fc.constantFrom(0, 0, 0, 10, 60, 150)), {
  minLength: 1,
  maxLength: 60,
});
/** So many rows may be seen before the engine tells the first of them. */
const LEAD = 12;

describe.each(scenarios)("%s, told and stored", (name) => {
  const { heard, rows } = twoTellings(name);
  const alone = new Reader(heard);
  for (const item of heard) alone.hear(item);

  it("gives the same in any order of the two tellings", () => {
    fc.assert(
      fc.property(order, (steps) => {
        const reader = new Reader(heard);
        const toldRows = new Map(rows.map(({ id }, index) => [id, index]));
        let told = 0;
        let written = 0;
        let lastTold = -1;
        for (let step = 0; told < heard.length || written < rows.length; step += 1) {
          const [isRow, ms] = steps[step % steps.length] ?? [true, 0];
          if (ms > 0) reader.pass(ms);
          const row = rows[written];
          const item = heard[told];
          if (row !== undefined && (item === undefined || (isRow && written - lastTold <= LEAD))) {
            reader.write(row);
            written += 1;
          } else if (item !== undefined) {
            reader.hear(item);
            told += 1;
            lastTold = Math.max(lastTold, toldRows.get(item.id ?? "") ?? -1);
          }
        }
        reader.pass(20_000);
        expect(reader.result()).toEqual(alone.result());
        expect([...reader.texts]).toEqual([...alone.texts]);
        const created = createdOf(reader.events);
        expect(new Set(created).size).toBe(created.length);
      }),
      { numRuns: 60 },
    );
  });

  it("is what the engine keeps, when another process did it and only the rows tell", () => {
    const reader = new Reader(heard);
    for (const row of rows) {
      reader.write(row);
      reader.pass(100);
    }
    reader.pass(20_000);
    const kept = recordedMessages(name);
    for (const { session, messages } of reader.result()) {
      expect(session).toMatchObject({ origin: "storage" });
      expect(session.status).not.toBe("running");
      for (const message of messages) {
        const { turnId: _, ...stored } = kept.get(message.id) ?? message;
        expect(message).toMatchObject(stored);
      }
    }
  });
});

describe.each(["two-directories", "task-subagent", "busy-queue"])(
  "%s, one session of it by another process",
  (name) => {
    const { heard, rows } = twoTellings(name);
    const alone = new Reader(heard);
    for (const item of heard) alone.hear(item);
    const sessionIds = [...alone.store.sessions].map(({ id }) => id);

    it.each(sessionIds)("%s: neither disturbs the other", (foreign) => {
      fc.assert(
        fc.property(fc.array(fc.constantFrom(0, 20, 100), { minLength: 1, maxLength: 30 }), (waits) => {
          const reader = new Reader(heard);
          const own = heard.filter(({ event }) => sessionOf(event) !== foreign);
          const items = new Map(own.map((item) => [item.id ?? "", item]));
          const pending = [...own];
          for (const [index, row] of rows.entries()) {
            reader.write(row);
            reader.pass(waits[index % waits.length] ?? 0);
            // The engine tells its own up to this one.
            if (!items.has(row.id)) continue;
            const count = pending.findIndex(({ id }) => id === row.id) + 1;
            for (const item of pending.splice(0, count)) reader.hear(item);
          }
          for (const item of pending) reader.hear(item);
          reader.pass(20_000);
          const others = (result: ReturnType<Reader["result"]>) =>
            result
              .filter(({ session }) => session.id !== foreign)
              .map((one) => ({ ...one, ended: one.ended.sort() }));
          expect(others(reader.result())).toEqual(others(alone.result()));
          for (const { session, messages } of reader.result().filter((one) => one.session.id === foreign)) {
            expect(session).toMatchObject({ origin: "storage" });
            expect(messages.length).toBeGreaterThan(0);
          }
        }),
        { numRuns: 40 },
      );
    });
  },
);

describe("a turn of another process", () => {
  const sessionID = "ses_t";
  const time = { created: 1, updated: 1 };
  const row = (id: string, type: string, data: object) => ({
    id,
    sessionId: sessionID,
    type,
    data: JSON.stringify(data),
  });
  const session = { id: sessionID, title: "t", directory: "/w", time };
  const answer = (id: string, rest: object, completed?: number) =>
    row(`evt_${id}`, "message.updated.1", {
      info: {
        id: id.slice(0, 5),
        sessionID,
        role: "assistant",
        parentID: "msg_p",
        time: { created: 1, completed },
        ...rest,
      },
    });
  const begin = () => {
    const reader = new Reader([]);
    reader.write(row("evt_0", "session.created.1", { info: session }));
    reader.write(answer("msg_a.1", {}));
    reader.write(answer("msg_a.2", { finish: "tool-calls" }, 2));
    reader.pass(700);
    return { reader, status: () => reader.store.sessions.get(sessionID)?.status };
  };

  it("goes on between two answers, also when the next is written at the last moment", () => {
    const { reader, status } = begin();
    expect(status()).toBe("running");
    reader.pass(9_850);
    reader.write(answer("msg_b.1", {}));
    reader.pass(100);
    expect(status()).toBe("running");
    reader.pass(60_000);
    expect(status()).toBe("running");
    reader.write(answer("msg_b.2", { finish: "stop" }, 3));
    reader.pass(100);
    expect(status()).toBe("completed");
    expect(reader.result()[0]?.ended).toEqual([["msg_p", "completed"]]);
  });

  it("is over when no answer follows", () => {
    const { reader, status } = begin();
    reader.pass(9_000);
    expect(status()).toBe("running");
    reader.pass(2_000);
    expect(status()).toBe("completed");
  });
});
