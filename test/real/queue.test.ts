import { expect, it } from "vitest";
import { promptBody } from "../../src/opencode/native/prompt-body.ts";
import { callTool, nextStep, repeat, say, script, waitForGate } from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";

const real = useRealEngine();

it("prompts that come at once are answered one after the other, each by itself", async () => {
  const client = real.client();
  const session = await client.session.create();
  const words = ["one", "two", "three"];
  const calls = words.map((word) => client.session.prompt(session, script(say(`${word}.`))));
  expect(await Promise.all(calls.map((call) => call.text()))).toEqual(words.map((word) => `${word}.`));
  const messages = await client.session.messages(session);
  expect(messages.map(({ role }) => role)).toEqual(Array(3).fill(["user", "assistant"]).flat());
});

it("a prompt waits for a turn of another client", async () => {
  const [desk, phone] = [real.client(), real.client()];
  const session = await desk.session.create();
  const first = desk.session.prompt(session, script(repeat(40, "tick# ", 10)));
  await first;
  const second = phone.session.prompt(session, script(say("After it.")));
  expect(await second.text()).toBe("After it.");
  expect(await first.settled()).toMatchObject({ status: "completed" });
});

it("steer: a prompt in a tool step is absorbed, and the turn that it takes over is superseded", async () => {
  const client = real.client();
  const session = await client.session.create();
  const first = client.session.prompt(
    session,
    script(
      callTool("bash", { command: "sleep 1; echo hi", description: "d" }),
      nextStep(),
      say("Never said."),
    ),
  );
  let steering: ReturnType<typeof client.session.prompt> | undefined;
  for await (const event of first) {
    const isRunning = event.type === "tool_call_update" && event.toolCall.status === "running";
    if (isRunning)
      steering ??= client.session.prompt(session, script(say("Turned.")), { ifRunning: "steer" });
  }
  expect(await steering?.text()).toBe("Turned.");
  const { status, text } = await first.settled();
  expect({ status, text }).toEqual({ status: "superseded", text: "" });
  await client.registry.waitFor(session, (told) => told.status === "completed");
});

it("reject and abort know what runs", async () => {
  const client = real.client();
  const session = await client.session.create();
  const first = client.session.prompt(session, script(say("So far. "), waitForGate("never"), say("Never.")));
  for await (const event of first) if (event.type === "text_delta") break;
  const refused = client.session.prompt(session, "no", { ifRunning: "reject" });
  expect((await refused.settled()).error).toMatchObject({ code: "SESSION_RUNNING" });
  const urgent = client.session.prompt(session, script(say("Urgent.")), { ifRunning: "abort" });
  expect(await urgent.text()).toBe("Urgent.");
  expect(await first.settled()).toMatchObject({ status: "aborted" });
});

it("the same request three times at once is one message with one answer", async () => {
  const client = real.client();
  const session = await client.session.create();
  await client.session.prompt(session, script(say("Warm."))).text();
  const [newest] = (await client.session.messages(session)).slice(-1);
  const time = BigInt(`0x${newest?.id.slice(4, 16)}`) + 1n;
  const messageID = `msg_${time.toString(16).padStart(12, "0")}ABCDEFGHIJKLMN`;
  const body = promptBody(script(say("Once.")), messageID);
  const path = `/session/${session.id}/prompt_async`;
  await client.connect();
  await Promise.all([1, 2, 3].map(() => client.request("POST", path, { body })));
  const isAnswered = ({ status }: { status: string }) => status === "completed";
  await client.registry.waitFor(session, (told) => !isAnswered(told)).catch(() => {});
  await client.registry.waitFor(session, isAnswered);
  const turn = (await client.session.messages(session)).filter(({ turnId }) => turnId === messageID);
  expect(turn.map(({ role, parts }) => [role, parts?.length])).toEqual([
    ["user", 1],
    ["assistant", 1],
  ]);
  expect(turn[1]?.content.text).toBe("Once.");
});
