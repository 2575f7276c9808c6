import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EngineEvent } from "../../../src/engine/events.ts";
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
