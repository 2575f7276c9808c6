import { describe, expect, it, vi } from "vitest";
import { EngineError } from "../../../src/engine/errors.ts";
import type { EngineEvent } from "../../../src/engine/events.ts";
import type { DecisionRecord, PermissionPolicy, PolicyRule } from "../../../src/engine/policy.ts";
import type { PromptEvent } from "../../../src/engine/prompt-events.ts";
import { createMockEngine, type MockScript } from "../../../src/testing/mock-engine.ts";
import { clientOf, collect, gate, next, settle, stage, stoppedClock, tampered, until } from "../support.ts";

const ask = (tool: string, ...patterns: string[]) => ({
  tool,
  output: "ok",
  ask: { description: "Do it", patterns },
});
const asking: MockScript = () => [ask("bash", "git status"), { text: "Went on." }];
const replies = (calls: readonly string[]) => calls.filter((call) => call.startsWith("reply"));
const requests = (events: readonly PromptEvent[]) =>
  events.filter(({ type }) => type === "permission_requested");

const allowGit: readonly PolicyRule[] = [{ tool: "bash", pattern: "git *", decision: "allow" }];

describe("a policy's rules", () => {
  it("decide without a person, and the log says which did", async () => {
    const told: DecisionRecord[] = [];
    const { client, session, engine } = await stage(asking, {
      permissionPolicy: allowGit,
      onDecision: (record) => told.push(record),
    });
    const bus: EngineEvent[] = [];
    client.events.subscribe((event) => bus.push(event));
    const call = client.session.prompt(session, "Hi");
    const events = await collect(call);
    expect(await call.result()).toMatchObject({ text: "Went on.", toolCalls: [{ status: "success" }] });
    expect(replies(engine.calls)).toHaveLength(1);
    // Who prompts has nothing to decide; everybody else is told all.
    expect(requests(events)).toEqual([]);
    expect(bus.filter(({ type }) => type.startsWith("permission_"))).toHaveLength(2);
    expect(told).toMatchObject([
      {
        type: "permission",
        sessionId: session.id,
        tool: "bash",
        patterns: ["git status"],
        decision: "allow",
        by: "rule",
      },
    ]);
    expect(told[0]).toHaveProperty("rule", allowGit[0]);
    expect(client.permissions.decisions()).toEqual(told);
  });

  it("tell the model why they deny, so that the turn goes on", async () => {
    const messages: (string | undefined)[] = [];
    const driver = tampered(
      createMockEngine(() => [ask("bash", "rm x"), ask("edit", "a.ts"), { text: "Went on." }]),
      (connection) => ({
        async replyPermission(reply) {
          messages.push(reply.message);
          await connection.replyPermission?.(reply);
        },
      }),
    );
    const permissionPolicy: PermissionPolicy = [
      { tool: "bash", decision: "deny", message: "Use git clean." },
      { decision: "deny" },
    ];
    const client = clientOf(driver, { permissionPolicy });
    expect(await client.session.prompt(await client.session.create(), "Hi").text()).toBe("Went on.");
    expect(messages).toEqual(["Use git clean.", expect.stringContaining("does not permit")]);
  });

  it.each<[string, readonly PolicyRule[]]>([
    ["that none fits", allowGit],
    ["that they leave to a person", [{ decision: "ask" }]],
  ])("leave to the reader what he is to decide: %s", async (_, permissionPolicy) => {
    const { client, session, engine } = await stage(() => [ask("edit", "a.ts")], { permissionPolicy });
    const call = client.session.prompt(session, "Hi");
    for await (const event of call) {
      if (event.type !== "permission_requested") continue;
      await settle();
      expect(replies(engine.calls)).toEqual([]);
      await client.permissions.reply(event, "allow");
    }
    expect(client.permissions.decisions()).toMatchObject([{ by: "person", decision: "allow", tool: "edit" }]);
  });

  it("leave to nobody what is to be denied", async () => {
    const { client, session } = await stage(() => [ask("edit", "a.ts"), { text: "Went on." }], {
      permissionPolicy: allowGit,
    });
    expect(await client.session.prompt(session, "Hi").text()).toBe("Went on.");
    expect(client.permissions.decisions()).toMatchObject([{ by: "nobody", decision: "deny" }]);
  });

  it("count alone where they are nearest: of the prompt, of the session, of the client", async () => {
    const engine = createMockEngine(asking);
    const client = clientOf(engine, { permissionPolicy: [{ decision: "deny" }] });
    const plain = await client.session.create();
    const permissive = await client.session.create({ permissionPolicy: [{ decision: "allow" }] });
    await client.session.prompt(plain, "Hi").settled();
    await client.session.prompt(permissive, "Hi").settled();
    await client.session.prompt(permissive, "Hi", { permissionPolicy: [] }).settled();
    await client.session.prompt(plain, "Hi", { permissionPolicy: [{ decision: "allow_session" }] }).settled();
    const decided = client.permissions.decisions().map(({ by, decision }) => `${by} ${decision}`);
    expect(decided).toEqual(["rule deny", "rule allow", "nobody deny", "rule allow_session"]);
  });

  it("decide for subagents of the turn", async () => {
    const { client, session, engine } = await stage(() => [{ wait: new Promise(() => {}) }], {
      permissionPolicy: allowGit,
    });
    await client.session.prompt(session, "Hi");
    const child = { id: "ses_child", title: "Child", parentId: session.id, createdAt: 1, updatedAt: 1 };
    engine.emit({ type: "session_created", session: child });
    const asked = { tool: "bash", patterns: ["git log"], description: "", createdAt: 1 };
    engine.emit({
      type: "permission_requested",
      request: { ...asked, permissionId: "per_child", sessionId: child.id },
    });
    await until(() => replies(engine.calls).length > 0);
    expect(replies(engine.calls)).toEqual(["reply per_child allow"]);
  });

  it("do not decide for a person at another terminal", async () => {
    const { client, session, engine } = await stage(asking, { permissionPolicy: allowGit });
    const other = clientOf(engine);
    const asked = next(other, "permission_requested");
    const call = other.session.prompt(session, "Hi");
    await client.connect();
    const { permissionId } = await asked;
    await settle();
    expect(replies(engine.calls)).toEqual([]);
    await other.permissions.reply(permissionId, "deny");
    await call.settled();
    expect(client.permissions.decisions()).toEqual([]);
  });
});

describe("a policy's function", () => {
  it("decides where no rule fits, and may take its time", async () => {
    const answered = gate();
    const { client, session } = await stage(() => [ask("bash", "git log"), ask("edit", "a.ts")], {
      permissionPolicy: {
        rules: allowGit,
        decide: async ({ tool, patterns }) => {
          expect({ tool, patterns }).toEqual({ tool: "edit", patterns: ["a.ts"] });
          await answered.opened;
          return { decision: "deny", message: "No." };
        },
      },
    });
    const call = client.session.prompt(session, "Hi");
    answered.open();
    await call.settled();
    expect(client.permissions.decisions()).toMatchObject([
      { by: "rule" },
      { by: "function", decision: "deny", message: "No." },
    ]);
  });

  it("may leave it to a person, who is shown it only then", async () => {
    const { client, session } = await stage(asking, { permissionPolicy: async () => ({ decision: "ask" }) });
    const call = client.session.prompt(session, "Hi");
    for await (const event of call) {
      if (event.type === "permission_requested") await client.permissions.reply(event, "allow");
    }
    expect(client.permissions.decisions()).toMatchObject([{ by: "person" }]);
  });

  it.each<[string, PermissionPolicy]>([
    [
      "throws",
      () => {
        throw new Error("Boom");
      },
    ],
    ["rejects", () => Promise.reject(new Error("Boom"))],
    // @ts-expect-error what code without types can do
    ["decides what is no decision", () => "Boom"],
  ])("that %s is reported, and the default decision counts", async (_, permissionPolicy) => {
    const { client, session, diagnostics } = await stage(asking, { permissionPolicy });
    expect(await client.session.prompt(session, "Hi").text()).toBe("Went on.");
    expect(client.permissions.decisions()).toMatchObject([{ by: "default", decision: "deny" }]);
    expect(diagnostics).toMatchObject([{ code: "policy_failed", message: expect.stringContaining("Boom") }]);
  });

  it.each([
    [undefined, 60_000],
    [500, 500],
  ])("that never answers is no longer awaited: deadline %s", async (deadline, ms) => {
    stoppedClock();
    let signal: AbortSignal | undefined;
    const { client, session, diagnostics } = await stage(asking, {
      permissionPolicy: {
        decide: (_, context) => {
          signal = context.signal;
          return new Promise(() => {});
        },
        deadline,
        defaultDecision: "allow",
      },
    });
    const result = client.session.prompt(session, "Hi").result();
    await until(() => signal !== undefined);
    vi.advanceTimersByTime(ms - 1);
    await settle();
    expect(client.permissions.decisions()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(await result).toMatchObject({ toolCalls: [{ status: "success" }] });
    expect(signal?.aborted).toBe(true);
    expect(client.permissions.decisions()).toMatchObject([{ by: "default", decision: "allow" }]);
    expect(diagnostics).toMatchObject([
      { code: "policy_failed", message: expect.stringContaining(`${ms} ms`) },
    ]);
  });

  it("is told when somebody else was first", async () => {
    const told = gate();
    let signal: AbortSignal | undefined;
    const { client, session, engine } = await stage(asking, {
      permissionPolicy: (_, context) => {
        signal = context.signal;
        context.signal.addEventListener("abort", told.open);
        return new Promise(() => {});
      },
    });
    const call = client.session.prompt(session, "Hi");
    const { permissionId } = await next(client, "permission_requested");
    await until(() => signal !== undefined);
    await clientOf(engine).permissions.reply(permissionId, "allow");
    await told.opened;
    await call.result();
    expect(client.permissions.decisions()).toEqual([]);
    expect(replies(engine.calls)).toHaveLength(1);
  });

  it("is not asked about what was answered before it was known whose turn it is", async () => {
    const named = gate();
    const engine = createMockEngine(asking);
    const client = clientOf(
      tampered(engine, (connection) => ({
        async prompt(given) {
          const { turnId = "" } = await connection.prompt(given);
          const accepted: Promise<string> = named.opened.then(() => turnId);
          return { accepted };
        },
      })),
      {
        permissionPolicy: () => {
          throw new Error("It was asked.");
        },
      },
    );
    const asked = next(client, "permission_requested");
    const result = client.session.prompt(await client.session.create(), "Hi").result();
    await clientOf(engine).permissions.reply((await asked).permissionId, "allow");
    await settle();
    named.open();
    expect(await result).toMatchObject({ toolCalls: [{ status: "success" }] });
    expect(client.permissions.decisions()).toEqual([]);
    expect(replies(engine.calls)).toHaveLength(1);
  });

  it("does not hold the client when it is disposed", async () => {
    let signal: AbortSignal | undefined;
    const { client, session } = await stage(asking, {
      permissionPolicy: (_, context) => {
        signal = context.signal;
        return new Promise(() => {});
      },
    });
    const call = client.session.prompt(session, "Hi");
    await until(() => signal !== undefined);
    await client.dispose();
    expect(signal?.aborted).toBe(true);
    expect((await call.settled()).status).not.toBe("completed");
  });
});

describe("a deadline", () => {
  it("is for people, too", async () => {
    stoppedClock();
    const { client, session } = await stage(asking, {
      permissionPolicy: { rules: [{ decision: "ask" }], deadline: 1_000 },
    });
    client.events.subscribe(() => {});
    const asked = next(client, "permission_requested");
    const result = client.session.prompt(session, "Hi").result();
    await asked;
    await vi.advanceTimersByTimeAsync(999);
    expect(client.permissions.decisions()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await result).toMatchObject({ text: "Went on." });
    expect(client.permissions.decisions()).toMatchObject([{ by: "default", decision: "deny" }]);
  });
});

describe("a decision", () => {
  it("reaches an engine that was out of reach when it was made", async () => {
    const engine = createMockEngine(asking);
    let refusals = 6;
    const client = clientOf(
      tampered(engine, (connection) => ({
        async replyPermission(reply) {
          if (refusals-- > 0) throw unreachable();
          await connection.replyPermission?.(reply);
        },
      })),
      { permissionPolicy: allowGit },
    );
    stoppedClock();
    const result = client.session.prompt(await client.session.create(), "Hi").result();
    while (refusals >= 0) await vi.advanceTimersByTimeAsync(100);
    expect(await result).toMatchObject({ toolCalls: [{ status: "success" }] });
    expect(client.permissions.decisions()).toHaveLength(1);
  });

  it("is remembered without what is long, the newest thousand of them", async () => {
    const long = "x".repeat(5_000);
    const script: MockScript = () =>
      Array.from({ length: 1_003 }, (_, index) => ask("bash", `${index}`, long));
    const { client, session, diagnostics } = await stage(script, {
      permissionPolicy: [{ decision: "allow" }],
      onDecision: () => {
        throw new Error("Boom");
      },
    });
    await client.session.prompt(session, "Hi").settled();
    const decisions = client.permissions.decisions();
    expect(decisions).toHaveLength(1_000);
    expect(decisions[0]?.patterns?.[0]).toBe("3");
    expect(decisions[0]?.patterns?.[1]).toBe(`${"x".repeat(1_000)}…`);
    expect(diagnostics).toHaveLength(1_003);
    expect(diagnostics[0]).toMatchObject({ code: "handler_threw" });
  });
});

describe("what is no policy", () => {
  it.each<[string, unknown]>([
    ["is a list of rules, a function", "allow"],
    ['its rule 1 decides "alow"', [{ decision: "alow" }]],
    ['its rule 2 has "patern"', [{ decision: "deny" }, { patern: "git *", decision: "allow" }]],
    ["its rule 1 is none", ["allow"]],
    ["pattern of its rule 1 is 1", [{ pattern: 1, decision: "allow" }]],
    ['its decide is "allow"', { decide: "allow" }],
    ["its deadline is -1", { deadline: -1 }],
    ['its defaultDecision "ask"', { defaultDecision: "ask" }],
    ["has a list of rules", { rules: "allow" }],
  ])("is refused where it is given: %s", async (message, given) => {
    // Code without types can pass anything.
    const permissionPolicy = given as PermissionPolicy;
    const refused = expect.objectContaining({
      code: "INVALID_REQUEST",
      message: expect.stringContaining(message),
    });
    const { client, session } = await stage();
    expect(() => client.session.prompt(session, "Hi", { permissionPolicy })).toThrow(refused);
    await expect(client.session.create({ permissionPolicy })).rejects.toEqual(refused);
    expect(() => clientOf(createMockEngine(), { permissionPolicy })).toThrow(refused);
  });
});

function unreachable(): Error {
  return new EngineError("ENGINE_UNAVAILABLE", "Gone.");
}
