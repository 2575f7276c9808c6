import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../src/engine/diagnostics.ts";
import type { DriverEvent } from "../../src/engine/driver-events.ts";
import { readFrame } from "../../src/opencode/native/frames.ts";
import { recordedBytes } from "./recording.ts";

const sessionID = "ses_1";
const idle = (id?: string) => ({ ...(id ? { id } : {}), type: "session.idle", properties: { sessionID } });

/** Reads frames one after another, as one connection does. */
function read(...frames: readonly unknown[]) {
  const diagnostics: Diagnostic[] = [];
  const saw: string[] = [];
  const context = {
    report: {
      alive() {},
      beat() {},
      retryAfter() {},
      diagnostic: (diagnostic: Diagnostic) => diagnostics.push(diagnostic),
    },
    sawSession: (session: string, directory: string) => saw.push(`${session} in ${directory}`),
  };
  const events: DriverEvent[] = [];
  for (const frame of frames) {
    const data = typeof frame === "string" ? frame : JSON.stringify(frame);
    for (const { event } of readFrame({ data }, context)) events.push(event);
  }
  return { events, diagnostics, saw };
}

describe("a frame", () => {
  it("tells its event, and where the session lives", () => {
    const { events, saw } = read({ directory: "/work", project: "p", payload: idle("evt_1") });
    expect(events).toEqual([{ type: "session_status", sessionId: sessionID, running: false }]);
    expect(saw).toEqual(["ses_1 in /work"]);
  });

  it.each([
    ["no JSON", "{"],
    ["no frame", "[]"],
    ["without a payload", { directory: "/work" }],
    ["without a type", { payload: { properties: {} } }],
    ["a known event, malformed", { payload: { type: "session.idle", properties: { sessionID: 7 } } }],
    [
      "a message without its time",
      { payload: { type: "message.updated", properties: { info: { id: "m", sessionID, role: "user" } } } },
    ],
  ])("that can't be read (%s) is a diagnostic, and the stream goes on", (_, frame) => {
    const { events, diagnostics } = read(frame, { payload: idle() });
    expect(events).toHaveLength(1);
    expect(diagnostics).toMatchObject([
      { level: "warning", code: "malformed_event", cause: expect.any(Error), message: expect.any(String) },
    ]);
  });

  it("of any size is quoted in part", () => {
    const { diagnostics } = read(`{${"x".repeat(100_000)}`);
    expect(diagnostics[0]?.message.length).toBeLessThan(400);
  });
});

describe("an event that comes twice", () => {
  it("is told once, by its id", () => {
    const delta = (id: string) => ({
      id,
      type: "message.part.delta",
      properties: { sessionID, messageID: "m", partID: "p", field: "text", delta: "ha" },
    });
    const frames = ["evt_1", "evt_1", "evt_2", "evt_2", "evt_2", "evt_3"].map((id) => ({
      payload: delta(id),
    }));
    expect(read(...frames).events).toHaveLength(3);
  });

  it("is told twice where the engine gives no ids: nobody could tell", () => {
    expect(read({ payload: idle() }, { payload: idle() }).events).toHaveLength(2);
  });
});

describe("the copies that the engine sends of durable events", () => {
  const copies = (bytes: string) => bytes.split("\n\n").filter((frame) => frame.includes('"syncEvent":'));

  it("are told by their first bytes, in every recording", () => {
    for (const name of ["text", "edit-permission-diff", "stream-cut"]) {
      const frames = copies(recordedBytes(name)).map((frame) => frame.slice("data: ".length));
      expect(frames.length).toBeGreaterThan(5);
      // Cut in half they are no JSON any more: who parsed them would complain.
      const { events, diagnostics } = read(...frames.map((frame) => frame.slice(0, frame.length / 2)));
      expect([events, diagnostics]).toEqual([[], []]);
    }
  });

  it.each([
    '{"payload":{"type":"sync"',
    '{"directory":"/a \\"b\\" c","payload":{"type":"sync"',
    '{"directory":"C:\\\\x","project":"p","payload":{"type":"sync"',
  ])("may come without a project or with an odd directory: %s", (start) => {
    expect(read(start)).toMatchObject({ events: [], diagnostics: [] });
  });

  it("are left out in another spelling too, and do not stand in for the event itself", () => {
    const copy = {
      payload: { id: "evt_1", type: "sync", syncEvent: { id: "evt_1", type: "session.updated.1" } },
    };
    const { events, diagnostics } = read(copy, { payload: idle("evt_1") }, copy);
    expect(events).toEqual([{ type: "session_status", sessionId: sessionID, running: false }]);
    expect(diagnostics).toEqual([]);
  });

  it("are not seen in what a tool is given", () => {
    const state = { status: "running", input: { payload: { type: "sync", syncEvent: {} } } };
    const part = { id: "p", sessionID, messageID: "m", type: "tool", tool: "post", callID: "c", state };
    const frame = { directory: "/", payload: { type: "message.part.updated", properties: { part } } };
    expect(JSON.stringify(frame)).toContain('"payload":{"type":"sync"');
    expect(read(frame).events).toMatchObject([{ type: "part_updated" }]);
  });

  it("are not seen in what people write", () => {
    const words = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '"payload":{"type":"sync"',
        '{"payload":{"type":"sync"',
        '","payload":{"type":"sync"',
        "\\",
        '"',
        '\\"',
      ),
    );
    const prose = fc.array(words, { maxLength: 5 }).map((list) => list.join(""));
    fc.assert(
      fc.property(prose, prose, fc.string(), (text, directory, project) => {
        const part = { id: "p", sessionID, messageID: "m", type: "text", text };
        const payload = { id: "evt_1", type: "message.part.updated", properties: { part } };
        const { events } = read({ directory, project, payload });
        expect(events).toMatchObject([{ type: "part_updated", part: { text } }]);
      }),
      { numRuns: 1_000 },
    );
  });
});
