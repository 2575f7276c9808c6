import { describe, expect, it } from "vitest";
import type { DriverMessage, DriverSession } from "../../src/engine/driver-events.ts";
import type { SessionSnapshot } from "../../src/engine/driver-requests.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, settle, tampered, until } from "./support.ts";

const session = (id: string, more: Partial<DriverSession> = {}): DriverSession => ({
  id,
  title: id,
  createdAt: 1,
  updatedAt: 1,
  ...more,
});

describe("registry: a session and its subagents", () => {
  it("shows what is asked in a session, and with tree: true what its subagents ask, at any depth", async () => {
    const engine = createMockEngine();
    const client = clientOf(engine);
    await client.connect();
    engine.emit({ type: "session_created", session: session("parent") });
    engine.emit({ type: "session_created", session: session("child", { parentId: "parent" }) });
    engine.emit({ type: "session_created", session: session("grandchild", { parentId: "child" }) });
    for (const [at, sessionId] of ["grandchild", "parent", "child", "other"].entries()) {
      engine.emit({ type: "session_status", sessionId, running: true });
      const request = {
        permissionId: `per_${sessionId}`,
        sessionId,
        description: "",
        tool: "bash",
        createdAt: at,
      };
      engine.emit({ type: "permission_requested", request });
    }
    await until(() => client.registry.getSnapshot().permissions.length === 4);
    const ids = (of: string, tree: boolean) =>
      client.registry.permissions(of, { tree }).map(({ permissionId }) => permissionId);
    expect(ids("parent", false)).toEqual(["per_parent"]);
    expect(ids("parent", true)).toEqual(["per_grandchild", "per_parent", "per_child"]);
    expect(ids("child", true)).toEqual(["per_grandchild", "per_child"]);
    expect(client.registry.permissions({ id: "grandchild" })).toHaveLength(1);
    // It rests: nobody can answer it any more.
    engine.emit({ type: "session_status", sessionId: "child", running: false });
    await until(() => client.registry.getSnapshot().permissions.length === 3);
    expect(ids("parent", true)).toEqual(["per_grandchild", "per_parent"]);
  });

  it("ends in a circle of parents", async () => {
    const engine = createMockEngine();
    const client = clientOf(engine);
    await client.connect();
    engine.emit({ type: "session_created", session: session("a", { parentId: "b" }) });
    engine.emit({ type: "session_created", session: session("b", { parentId: "a" }) });
    await settle();
    expect(client.registry.permissions("a", { tree: true })).toEqual([]);
  });
});

describe("registry: sessions that came to rest before the client came", () => {
  const prompt = { id: "u", sessionId: "s", role: "user", turnId: "u", createdAt: 1 } as const;
  const answer: DriverMessage = { id: "a", sessionId: "s", role: "assistant", turnId: "u", createdAt: 2 };
  const failed = { id: "p", type: "tool" } as const;
  const call = { id: "c", name: "bash", input: {}, status: "error" } as const;
  const rests: readonly (readonly [string, readonly DriverMessage[], string])[] = [
    ["answered", [prompt, { ...answer, completedAt: 3, stopReason: "stop" }], "completed"],
    [
      "answered, of which only the newest message is known",
      [{ ...answer, completedAt: 3, stopReason: "stop" }],
      "completed",
    ],
    [
      "failed",
      [prompt, { ...answer, completedAt: 3, error: { code: "PROVIDER_ERROR", message: "No." } }],
      "error",
    ],
    [
      "aborted",
      [prompt, { ...answer, completedAt: 3, error: { code: "PROMPT_ABORTED", message: "" } }],
      "idle",
    ],
    [
      "denied",
      [
        prompt,
        {
          ...answer,
          completedAt: 3,
          stopReason: "tool_calls",
          parts: [{ part: { ...failed, toolCall: call }, complete: true }],
        },
      ],
      "idle",
    ],
    ["never answered", [prompt], "idle"],
    ["without a last word: it may go on elsewhere", [prompt, answer], "idle"],
    ["without messages", [], "idle"],
  ];

  it.each(rests)("%s", async (_, messages, status) => {
    const driver = tampered(createMockEngine(), () => ({
      snapshot: async (): Promise<readonly SessionSnapshot[]> => [
        { session: session("s"), running: false, messages, permissions: [] },
      ],
    }));
    const client = clientOf(driver);
    const told: EngineEvent[] = [];
    client.events.subscribe((event) => told.push(event));
    await client.connect();
    expect(client.registry.get("s")).toMatchObject({ status });
    // Meeting it is no event: nothing has happened to it.
    expect(told).toEqual([]);
  });
});

describe("registry: snapshots", () => {
  it("hold the newest hundred, and all; what was handed out stays as it is", async () => {
    const engine = createMockEngine();
    for (let count = 0; count < 150; count += 1)
      engine.emit({ type: "session_created", session: session(`s${count}`, { updatedAt: count }) });
    const client = clientOf(engine);
    await client.connect();
    const before = client.registry.getSnapshot();
    expect(before.latest.map(({ id }) => id)).toEqual(
      Array.from({ length: 100 }, (_, index) => `s${149 - index}`),
    );
    engine.emit({ type: "session_updated", session: session("s0", { updatedAt: 1_000 }) });
    await until(() => client.registry.getSnapshot() !== before);
    const after = client.registry.getSnapshot();
    expect([after.latest[0]?.id, after.sessions[0]?.id, after.latest.length]).toEqual(["s0", "s0", 100]);
    expect([before.latest[0]?.id, before.sessions[0]?.id]).toEqual(["s149", "s149"]);
    expect(before.sessions).toHaveLength(150);
    expect(client.registry.getSnapshot()).toBe(after);
    expect(client.registry.list()).toBe(after.sessions);
  });
});
