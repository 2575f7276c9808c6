import { describe, expect, it } from "vitest";
import type { EngineEvent } from "../../src/engine/events.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import {
  clientOf,
  collect,
  fold,
  gate,
  idle,
  next,
  puppet,
  settle,
  stage,
  tampered,
  told,
  withoutBackoff,
} from "./support.ts";

describe("resync: what happened in the gap", () => {
  it("is in the registry afterwards", async () => {
    withoutBackoff();
    const { client, engine, session } = await stage();
    const doomed = await client.session.create({ title: "Doomed" });
    await client.connect();
    const seen: EngineEvent[] = [];
    client.events.subscribe((event) => seen.push(event));
    const resynced = next(client, "stream_resynced");
    engine.drop();
    const other = clientOf(engine);
    const born = await other.session.create({ title: "Born in the gap" });
    engine.emit({
      type: "session_updated",
      session: { ...told(session), title: "Renamed", updatedAt: 900 },
    });
    engine.emit({ type: "session_deleted", sessionId: doomed.id });
    await resynced;
    expect(client.registry.list().map(({ title }) => title)).toEqual(["Renamed", "Born in the gap"]);
    const types = seen.map((event) => event.type);
    expect(types.at(0)).toBe("stream_gap");
    expect(types.at(-1)).toBe("stream_resynced");
    expect(types.slice(1, -1).sort()).toEqual(["session_created", "session_deleted", "session_updated"]);
    expect(seen.find((event) => event.type === "session_created")).toMatchObject({
      session: { id: born.id },
    });
  });

  it("ends a turn that finished meanwhile, with its full text", async () => {
    withoutBackoff();
    const hold = gate();
    const { client, engine, session } = await stage(() => [
      { text: "Seen live. " },
      { wait: hold.opened },
      { text: "Said in the gap." },
    ]);
    const call = client.session.prompt(session, "Hi");
    const events = collect(call);
    await call;
    await settle();
    engine.drop();
    hold.open();
    expect(fold(await events)).toBe("Seen live. Said in the gap.");
    expect(await call.text()).toBe("Seen live. Said in the gap.");
    expect((await call.settled()).status).toBe("completed");
  });

  it("leaves no hole in a part that was being written", async () => {
    withoutBackoff();
    const set = await stage(idle);
    const { client, engine, session } = set;
    const { call, events, messageId, finish } = await puppet(set);
    const where = { sessionId: session.id, messageId };
    const tell = (text: string, complete: boolean) =>
      engine.emit({ type: "part_updated", ...where, part: { type: "text", id: "prt_t", text }, complete });
    const delta = (text: string) =>
      engine.emit({ type: "part_delta", ...where, partId: "prt_t", delta: text });
    tell("", false);
    delta("One ");
    await settle();
    const resynced = next(client, "stream_resynced");
    engine.drop();
    delta("two ");
    await resynced;
    delta("three ");
    await settle();
    tell("One two three four.", true);
    finish({ stopReason: "stop" });
    expect(fold(await events)).toBe("One two three four.");
    expect(await call.text()).toBe("One two three four.");
  });

  it("resets the text that the engine took back meanwhile", async () => {
    withoutBackoff();
    const hold = gate();
    const { client, engine, session } = await stage(() => [{ text: "First try." }, { wait: hold.opened }]);
    const call = client.session.prompt(session, "Hi");
    const events = collect(call);
    await call;
    await settle();
    const [known] = (await client.session.messages(session)).slice(-1);
    const part = known?.parts?.[0];
    engine.drop();
    engine.emit({
      type: "part_updated",
      sessionId: session.id,
      messageId: known?.id ?? "",
      part: { type: "text", id: part?.id ?? "", text: "Second try." },
      complete: true,
    });
    hold.open();
    expect(fold(await events)).toBe("Second try.");
    expect((await events).filter(({ type }) => type === "text_reset")).toHaveLength(1);
    expect(await call.text()).toBe("Second try.");
  });

  it("forgets no session that is missing in the list, but still there when asked for by name", async () => {
    withoutBackoff();
    const engine = createMockEngine();
    let short = false;
    const client = clientOf(
      tampered(engine, (connection) => ({
        async snapshot(request) {
          const all = await connection.snapshot(request);
          return short && request.sessionIds === undefined ? [] : all;
        },
      })),
    );
    const session = await client.session.create({ title: "Elsewhere" });
    await client.connect();
    short = true;
    const resynced = next(client, "stream_resynced");
    engine.drop();
    expect(await resynced).toMatchObject({ sessions: 1 });
    expect(client.registry.get(session)?.title).toBe("Elsewhere");
  });

  it("ends a turn whose session was deleted meanwhile", async () => {
    withoutBackoff();
    const { client, engine, session } = await stage(() => [
      { text: "Half" },
      { wait: new Promise(() => {}) },
    ]);
    const call = client.session.prompt(session, "Hi");
    await call;
    await settle();
    engine.drop();
    engine.emit({ type: "session_deleted", sessionId: session.id });
    expect(await call.settled()).toMatchObject({ error: { code: "SESSION_NOT_FOUND" }, text: "Half" });
    expect(client.registry.get(session)).toBeUndefined();
  });

  it("shows the permission requests that wait, and drops those that do not", async () => {
    withoutBackoff();
    const { client, engine, session } = await stage(() => [
      { tool: "bash", ask: { description: "One" } },
      { tool: "bash", ask: { description: "Two" } },
    ]);
    client.events.subscribe(() => {});
    const call = client.session.prompt(session, "Hi");
    const first = await next(client, "permission_requested");
    const dropped = next(client, "permission_resolved");
    const second = next(client, "permission_requested");
    engine.drop();
    await clientOf(engine).permissions.reply(first.permissionId, "allow");
    expect(await dropped).toMatchObject({ permissionId: first.permissionId, decision: "dropped" });
    const { permissionId, description } = await second;
    expect(description).toBe("Two");
    expect(client.registry.getSnapshot().permissions).toMatchObject([{ permissionId }]);
    await client.permissions.reply(permissionId, "allow");
    expect(await call.settled()).toMatchObject({ status: "completed" });
  });
});

it("many sessions are read in one list, and only those that were known are told of", async () => {
  withoutBackoff();
  const engine = createMockEngine();
  const asked: (number | undefined)[] = [];
  const client = clientOf(
    tampered(engine, (connection) => ({
      snapshot(request) {
        asked.push(request.sessionIds?.length);
        return connection.snapshot(request);
      },
    })),
  );
  client.events.subscribe(() => {});
  for (let count = 0; count < 60; count += 1) await client.session.create();
  await clientOf(engine).session.create({ title: "Nobody told of it" });
  await settle();
  const seen: EngineEvent[] = [];
  client.events.subscribe((event) => seen.push(event));
  asked.length = 0;
  const resynced = next(client, "stream_resynced");
  engine.drop();
  const { id } = await clientOf(engine).session.create({ title: "Made in the gap" });
  expect(await resynced).toMatchObject({ sessions: 61 });
  expect(asked).toEqual([undefined]);
  expect(seen.map(({ type }) => type)).toEqual(["stream_gap", "stream_resynced"]);
  expect(client.registry.get(id)).toBeUndefined();
});
