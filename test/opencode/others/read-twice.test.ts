import { describe, expect, it } from "vitest";
import type { SessionSnapshot, SnapshotRequest } from "../../../src/engine/driver-requests.ts";
import { Elsewhere } from "../../../src/opencode/others/elsewhere.ts";
import { readTwice } from "../../../src/opencode/others/read-twice.ts";

const NOW = 1_700_000_000_000;
const request = { withMessages: [], signal: AbortSignal.timeout(60_000) };

const session = (
  id: string,
  messageId?: string,
  rest: Partial<SessionSnapshot> = {},
  completedAt?: number,
) => ({
  session: { id, title: id, createdAt: NOW, updatedAt: NOW },
  running: false,
  permissions: [],
  messages:
    messageId === undefined
      ? undefined
      : [
          {
            id: messageId,
            sessionId: id,
            role: "assistant",
            turnId: "msg_p",
            createdAt: NOW,
            completedAt,
          } as const,
        ],
  ...rest,
});

/** Reads these, one after the other. */
async function read(...readings: (readonly SessionSnapshot[])[]) {
  const asked: SnapshotRequest[] = [];
  const connection = {
    async snapshot(one: SnapshotRequest) {
      asked.push(one);
      return readings[asked.length - 1] ?? [];
    },
  };
  const elsewhere = new Elsewhere();
  const result = await readTwice(connection, request, (one) => elsewhere.suspects(one, NOW));
  return { result, asked: asked.map(({ sessionIds }) => sessionIds) };
}

describe("a reading in which a session looks as if another process ran it", () => {
  it("is made once where none does", async () => {
    const all = [
      session("ses_whole", "msg_1", {}, NOW),
      session("ses_here", "msg_2", { running: true }),
      session("ses_told", "msg_3", { resting: "idle" }),
      session("ses_empty"),
    ];
    expect(await read(all)).toEqual({ result: all, asked: [undefined] });
  });

  it("is made again of these alone, which keep their places", async () => {
    const first = [session("ses_a", "msg_a"), session("ses_b", "msg_b", {}, NOW), session("ses_c", "msg_c")];
    const ended = session("ses_a", "msg_a", {}, NOW);
    const { result, asked } = await read(first, [session("ses_c", "msg_c"), ended]);
    expect(result).toEqual([ended, first[1], first[2]]);
    expect(asked).toEqual([undefined, ["ses_a", "ses_c"]]);
  });

  it("leaves out what was deleted meanwhile", async () => {
    expect((await read([session("ses_a", "msg_a")], [])).result).toEqual([]);
  });

  it("is made three times at most, while each shows another open message", async () => {
    const readings = ["msg_1", "msg_2", "msg_3", "msg_4"].map((id) => [session("ses_a", id)]);
    const { result, asked } = await read(...readings);
    expect(asked).toHaveLength(3);
    expect(result).toEqual(readings[2]);
  });
});
