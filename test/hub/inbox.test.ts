import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DriverItem } from "../../src/engine/driver.ts";
import type { DriverEvent } from "../../src/engine/driver-events.ts";
import { Inbox } from "../../src/hub/inbox.ts";

const note = (sessionId: string, name: string): DriverItem => ({
  event: { type: "unknown", sessionId, name, raw: 0 },
});
const delta = (text: string, offset?: number, cursor?: string): DriverItem => ({
  event: { type: "part_delta", sessionId: "a", messageId: "m", partId: "p", delta: text, offset },
  cursor,
});

function listening() {
  const told: DriverItem[] = [];
  const inbox = new Inbox((item) => told.push(item));
  const names = () => told.map(({ event }) => (event.type === "unknown" ? event.name : event.type));
  return { inbox, told, names };
}

describe("Inbox", () => {
  it("hands over what comes, at once", () => {
    const { inbox, names } = listening();
    inbox.take(note("a", "1"));
    expect(names()).toEqual(["1"]);
  });

  it("lets the events of a session wait while it is read, and no others", () => {
    const { inbox, names } = listening();
    const hold = inbox.hold("a");
    inbox.take(note("a", "a1"));
    inbox.take(note("b", "b1"));
    inbox.take(note("a", "a2"));
    expect(names()).toEqual(["b1"]);
    hold.release();
    hold.release();
    expect(names()).toEqual(["b1", "a1", "a2"]);
  });

  it("lets everything wait while everything is read, and leaves out what is told already", () => {
    const { inbox, names } = listening();
    const hold = inbox.hold();
    for (const name of ["1", "2", "3"]) inbox.take(note("a", name));
    expect(hold.waiting).toHaveLength(3);
    hold.release((event) => event.type === "unknown" && event.name === "2");
    expect(names()).toEqual(["1", "3"]);
  });

  it("keeps waiting what another reading holds", () => {
    const { inbox, names } = listening();
    const [one, all] = [inbox.hold("a"), inbox.hold()];
    inbox.take(note("a", "a"));
    inbox.take(note("b", "b"));
    all.release();
    expect(names()).toEqual(["b"]);
    one.release();
    expect(names()).toEqual(["b", "a"]);
  });

  it("makes one of the deltas of a part that follow each other", () => {
    const { inbox, told } = listening();
    const hold = inbox.hold();
    inbox.take(delta("one ", 0, "c1"));
    inbox.take(delta("two ", 4, "c2"));
    inbox.take(delta("hole", 99, "c3"));
    hold.release();
    expect(told).toEqual([delta("one two ", 0, "c2"), delta("hole", 99, "c3")]);
  });

  it("puts what a listener causes behind what waits, and loses no delta of it", () => {
    const told: DriverEvent[] = [];
    const inbox: Inbox = new Inbox(({ event }) => {
      told.push(event);
      if (event.type === "unknown" && event.name === "cause") inbox.take(delta("effect"));
    });
    const hold = inbox.hold();
    inbox.take(note("a", "cause"));
    inbox.take(delta("before"));
    hold.release();
    expect(told.map((event) => (event.type === "part_delta" ? event.delta : event.type))).toEqual([
      "unknown",
      "before",
      "effect",
    ]);
  });

  it("a drop ends a reading: what came after the gap is read again, what came before it goes on", () => {
    const before = listening();
    const one = before.inbox.hold("a");
    before.inbox.take(note("a", "before the drop"));
    before.inbox.break();
    expect([one.isBroken, before.names()]).toEqual([true, ["before the drop"]]);

    const after = listening();
    const all = after.inbox.hold();
    after.inbox.take(note("a", "after the gap"));
    after.inbox.break();
    all.release();
    expect([all.isBroken, after.names()]).toEqual([true, []]);
    after.inbox.take(note("a", "next life"));
    expect(after.names()).toEqual(["next life"]);
  });

  it("is not endless", () => {
    const { inbox } = listening();
    inbox.hold();
    for (let count = 0; count < 100_000; count += 1) inbox.take(note("a", ""));
    expect(() => inbox.take(note("a", ""))).toThrow(expect.objectContaining({ code: "EVENT_OVERFLOW" }));
  });

  it("loses nothing and keeps the order of every session, however it is held", () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ take: fc.constantFrom("a", "b") }) },
      fc.record({ hold: fc.constantFrom("a", "b", undefined) }),
      fc.record({ release: fc.nat(3) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { inbox, told } = listening();
        const holds: ReturnType<Inbox["hold"]>[] = [];
        const sent: string[] = [];
        for (const [index, command] of steps.entries()) {
          if ("take" in command) {
            sent.push(`${command.take}${index}`);
            inbox.take(note(command.take, `${command.take}${index}`));
          } else if ("hold" in command) holds.push(inbox.hold(command.hold));
          else holds.splice(command.release, 1)[0]?.release();
        }
        for (const hold of holds) hold.release();
        const names = told.map(({ event }) => (event.type === "unknown" ? event.name : ""));
        for (const session of ["a", "b"]) {
          const of = (list: readonly string[]) => list.filter((name) => name.startsWith(session));
          expect(of(names)).toEqual(of(sent));
        }
      }),
    );
  });
});
