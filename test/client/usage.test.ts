import { describe, expect, it } from "vitest";
import type { DriverMessage } from "../../src/engine/driver-events.ts";
import type { Usage } from "../../src/engine/message.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, rejection, tampered } from "../hub/support.ts";

const tokens = (inputTokens: number): Usage => ({ inputTokens, outputTokens: 1 });

/** `top` started `child` as a subagent, and that one `grandchild`. */
function family(
  models?: () => Promise<
    never[] | { id: string; name: string; isDefault: boolean; limits: { context: number } }[]
  >,
) {
  const mock = createMockEngine(undefined, { capabilities: { models: models !== undefined } });
  const engine = models === undefined ? mock : tampered(mock, () => ({ listModels: models }));
  const tree: readonly (readonly [string, string | undefined, number])[] = [
    ["top", undefined, 100],
    ["child", "top", 20],
    ["grandchild", "child", 3],
    ["stranger", undefined, 5_000],
  ];
  for (const [id, parentId, input] of tree) {
    const session = { id, title: id, createdAt: 1, updatedAt: 1, ...(parentId ? { parentId } : {}) };
    mock.emit({ type: "session_created", session });
    const message: DriverMessage = { id: `${id}_m`, sessionId: id, role: "assistant", createdAt: 1 };
    const done = {
      ...message,
      completedAt: 2,
      stopReason: "stop",
      model: "acme/large",
      usage: tokens(input),
    };
    mock.emit({ type: "message_updated", message: done });
  }
  return clientOf(engine);
}

describe("client.session.usage", () => {
  it("tells what a session took by itself, and with all of its subagents", async () => {
    const client = family();
    expect(await client.session.usage("top")).toEqual({
      own: tokens(100),
      total: { inputTokens: 123, outputTokens: 3 },
      context: { tokens: 101 },
    });
    expect(await client.session.usage({ id: "grandchild" })).toMatchObject({
      own: tokens(3),
      total: tokens(3),
    });
  });

  it("tells how much of the model's context is taken, where the engine knows its models", async () => {
    const model = { id: "acme/large", name: "Large", isDefault: true, limits: { context: 404 } };
    const { context } = await family(async () => [model]).session.usage("top");
    expect(context).toEqual({ tokens: 101, limit: 404, percent: 25 });
  });

  it("of a session that was never answered is not told", async () => {
    const client = clientOf(createMockEngine());
    expect(await client.session.usage(await client.session.create())).toEqual({});
  });

  it("fails where something can't be read", async () => {
    expect(await rejection(family().session.usage("none"))).toMatchObject({ code: "SESSION_NOT_FOUND" });
    const broken = family(() => Promise.reject(new Error("broken")));
    expect(await rejection(broken.session.usage("top"))).toMatchObject({ message: "broken" });
  });
});
