import type { EngineEvent } from "@quantumreef/engine-client";
import { describe, expect, it } from "vitest";
import { callTool, nextStep, say, script } from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";

const real = useRealEngine({ config: { permission: { bash: "ask" } } });

describe("two clients of one server", () => {
  it("see each other's sessions, messages and permission requests by themselves", async () => {
    const phone = real.client();
    const desk = real.client();
    await Promise.all([phone.connect(), desk.connect()]);
    const seen: EngineEvent[] = [];
    phone.events.subscribe((event) => seen.push(event));

    desk.events.subscribe(() => {});
    const session = await desk.session.create({ title: "from the desk" });
    const mirrored = await phone.registry.waitFor(session, () => true);
    expect(mirrored).toMatchObject({ title: "from the desk", status: "idle" });

    const prompt = script(
      say("I ask. "),
      callTool("bash", { command: "echo hi", description: "d" }),
      nextStep(),
      say("Thanks."),
    );
    const call = desk.session.prompt(session, prompt);
    await phone.registry.waitFor(session, ({ activity }) => activity === "awaiting_permission");
    const [request] = phone.registry.getSnapshot().permissions;
    expect(request).toMatchObject({ sessionId: session.id, description: "Run `echo hi`" });
    // Somebody sits at the desk, but the phone is quicker.
    await phone.permissions.reply(request ?? "", "allow");

    const result = await call.result();
    expect(result.text).toBe("I ask. Thanks.");
    await phone.registry.waitFor(session, ({ status }) => status === "completed");
    const { updatedAt: _, ...atTheDesk } = desk.registry.get(session) ?? { updatedAt: 0 };
    expect(phone.registry.get(session)).toMatchObject(atTheDesk);
    expect(phone.registry.getSnapshot().permissions).toEqual([]);

    const text = seen.flatMap((event) =>
      event.type === "message_delta" && event.kind === "text" ? event.delta : [],
    );
    expect(text.join("")).toBe("I ask. Thanks.");
    const ended = seen.filter((event) => event.type === "turn_ended");
    expect(ended).toMatchObject([{ turnId: result.turnId, status: "completed" }]);
    expect(ended[0]).toMatchObject({ messages: result.messages });
    expect(
      seen.filter((event) => event.type === "session_created" && event.session.id === session.id),
    ).toHaveLength(1);
  });

  it("find what was there before they came", async () => {
    const first = real.client();
    const session = await first.session.create({ title: "early" });
    await first.session.prompt(session, script(say("Done."))).text();
    const late = real.client();
    await late.connect();
    expect(late.registry.get(session)).toMatchObject({ title: "early" });
    expect((await late.session.list()).map(({ id }) => id)).toContain(session.id);
    expect((await late.session.messages(session)).at(-1)?.content.text).toBe("Done.");
  });

  it("deletion reaches both", async () => {
    const [one, two] = [real.client(), real.client()];
    await Promise.all([one.connect(), two.connect()]);
    const session = await one.session.create();
    await two.registry.waitFor(session, () => true);
    const gone = expect(
      two.registry.waitFor(session, ({ title }) => title === "never"),
    ).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    await one.request("DELETE", `/session/${session.id}`);
    await gone;
    expect(two.registry.get(session)).toBeUndefined();
  });
});
