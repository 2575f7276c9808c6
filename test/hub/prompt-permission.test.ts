import { describe, expect, it, vi } from "vitest";
import type { PromptCall } from "../../src/engine/prompt-call.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, gate, next, settle, stage, stoppedClock, tampered, until } from "./support.ts";

const asking = () => [{ tool: "bash", output: "ok", ask: { description: "Run `ls`" } }, { text: "Went on." }];
const replies = (calls: readonly string[]) => calls.filter((call) => call.startsWith("reply"));

describe("permissions that nobody answers", () => {
  it("are denied at once with feedback, and the turn goes on", async () => {
    const engine = createMockEngine(asking);
    const feedback: (string | undefined)[] = [];
    const client = clientOf(
      tampered(engine, (connection) => ({
        async replyPermission(reply) {
          feedback.push(reply.message);
          await connection.replyPermission?.(reply);
        },
      })),
    );
    const session = await client.session.create();
    const result = await client.session.prompt(session, "Hi").result();
    expect(result).toMatchObject({ status: "completed", text: "Went on." });
    expect(result.toolCalls).toMatchObject([{ status: "error", error: "Permission denied." }]);
    expect(replies(engine.calls)).toEqual([expect.stringMatching(/^reply per_\d+ deny$/)]);
    expect(feedback).toEqual([expect.stringContaining("Nobody is there")]);
  });

  it("are denied after the reader has left as well", async () => {
    const hold = gate();
    const { client, engine, session } = await stage(() => [
      { text: "One." },
      { wait: hold.opened },
      ...asking(),
    ]);
    const call = client.session.prompt(session, "Hi");
    for await (const _ of call) break;
    hold.open();
    expect(await call.text()).toBe("One.Went on.");
    expect(replies(engine.calls)).toHaveLength(1);
  });

  it.each<[string, (call: PromptCall) => Promise<unknown>]>([
    ["was cancelled", (call) => call.toReadableStream().cancel()],
    [
      "was disposed",
      async (call) => {
        call[Symbol.asyncIterator]();
        await call[Symbol.asyncDispose]();
      },
    ],
  ])("are denied after the stream %s", async (_, leave) => {
    const { client, session, engine } = await stage(asking);
    const call = client.session.prompt(session, "Hi");
    await leave(call);
    expect(await call.text()).toBe("Went on.");
    expect(replies(engine.calls)).toHaveLength(1);
  });

  it("are denied after the subscriber has left", async () => {
    const { client, session } = await stage(asking);
    const leave = client.events.subscribe(() => {});
    await settle();
    leave();
    expect(await client.session.prompt(session, "Hi").text()).toBe("Went on.");
  });

  it.each([
    ["that wants other events", { types: ["session_updated"] as const }],
    ["of another session", { sessionId: "ses_other" }],
  ])("are denied although there is a reader %s", async (_, options) => {
    const { client, session, engine } = await stage(asking);
    const iterator = client.events.stream(options)[Symbol.asyncIterator]();
    expect(await client.session.prompt(session, "Hi").text()).toBe("Went on.");
    expect(replies(engine.calls)).toHaveLength(1);
    await iterator.return?.();
  });

  it("are denied although the registry is watched", async () => {
    const { client, session } = await stage(asking);
    client.registry.subscribe(() => {});
    await client.connect();
    expect(await client.session.prompt(session, "Hi").text()).toBe("Went on.");
  });

  it("of a turn of somebody else are left alone", async () => {
    stoppedClock();
    const { engine, session, client } = await stage(asking);
    const other = clientOf(engine);
    const asked = next(other, "permission_requested");
    const call = other.session.prompt(session, "Hi");
    // It watches the session, but the turn is not its own.
    await client.connect();
    const { permissionId } = await asked;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(client.registry.getSnapshot().permissions).toMatchObject([{ permissionId }]);
    expect(replies(engine.calls)).toEqual([]);
    await other.permissions.reply(permissionId, "allow");
    expect(await call.text()).toBe("Went on.");
  });
});

describe("permissions of another turn in the session", () => {
  const script = ({ content }: { content: unknown }) => {
    const [word] = String(content).split(" ");
    return word === "ask" ? asking() : [{ wait: new Promise(() => {}) }];
  };

  it("are for the person at the other terminal, not for a prompt that nobody watches", async () => {
    stoppedClock();
    const { client, engine, session } = await stage(script);
    const mine = client.session.prompt(session, "wait");
    await mine;
    const other = clientOf(engine);
    const asked = next(other, "permission_requested");
    const theirs = other.session.prompt(session, "ask", { ifRunning: "steer" });
    const { permissionId } = await asked;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(replies(engine.calls)).toEqual([]);
    await other.permissions.reply(permissionId, "allow");
    expect(await theirs.result()).toMatchObject({ toolCalls: [{ status: "success" }] });
  });

  it("are for the reader of that turn, not for its neighbour's", async () => {
    const { client, engine, session } = await stage(script);
    await client.session.prompt(session, "wait");
    const call = client.session.prompt(session, "ask", { ifRunning: "steer" });
    for await (const event of call) {
      if (event.type !== "permission_requested") continue;
      await settle();
      expect(replies(engine.calls)).toEqual([]);
      await client.permissions.reply(event, "allow");
    }
    expect(await call.result()).toMatchObject({ toolCalls: [{ status: "success" }] });
  });

  it("are denied for one's own turn, which one it is told or not", async () => {
    const { client, engine, session } = await stage(() => [{ wait: new Promise(() => {}) }]);
    await client.session.prompt(session, "Hi");
    const request = {
      permissionId: "per_x",
      sessionId: session.id,
      description: "",
      tool: "bash",
      createdAt: 1,
    };
    engine.emit({ type: "permission_requested", request });
    await until(() => replies(engine.calls).length > 0);
    expect(replies(engine.calls)).toEqual(["reply per_x deny"]);
  });
});

describe("permissions that somebody can answer", () => {
  it("wait for the one who iterates the prompt", async () => {
    const { client, session, engine } = await stage(asking);
    const call = client.session.prompt(session, "Hi");
    for await (const event of call) {
      if (event.type !== "permission_requested") continue;
      await settle();
      expect(replies(engine.calls)).toEqual([]);
      await client.permissions.reply(event, "allow");
    }
    expect(await call.result()).toMatchObject({ toolCalls: [{ status: "success", output: "ok" }] });
  });

  it("wait for the one who awaits the prompt and then iterates it", async () => {
    const { client, session } = await stage(asking);
    const stream = await client.session.prompt(session, "Hi");
    for await (const event of stream) {
      if (event.type === "permission_requested") await client.permissions.reply(event, "allow_session");
    }
    expect(await stream.result()).toMatchObject({ toolCalls: [{ status: "success" }] });
  });

  it("wait for a subscriber", async () => {
    const { client, session } = await stage(asking);
    const asked = next(client, "permission_requested");
    const leave = client.events.subscribe(() => {});
    const text = client.session.prompt(session, "Hi").result();
    const event = await asked;
    expect(event).toMatchObject({ sessionId: session.id, tool: "bash", description: "Run `ls`" });
    expect(client.registry.get(session)?.activity).toBe("awaiting_permission");
    expect(client.registry.getSnapshot().permissions).toMatchObject([{ permissionId: event.permissionId }]);
    await client.permissions.reply(event.permissionId, "allow");
    expect(await text).toMatchObject({ toolCalls: [{ status: "success" }] });
    expect(client.registry.getSnapshot().permissions).toEqual([]);
    leave();
  });

  it("wait for an iterator of the session's events", async () => {
    const { client, session } = await stage(asking);
    const answering = async () => {
      for await (const event of client.events.stream({ sessionId: session })) {
        if (event.type === "permission_requested") return client.permissions.reply(event, "deny");
      }
    };
    const [result] = await Promise.all([client.session.prompt(session, "Hi").result(), answering()]);
    expect(result).toMatchObject({ status: "completed", toolCalls: [{ status: "error" }] });
  });
});
