import { describe, expect, it } from "vitest";
import { olderEngineBinary, olderRelease } from "../support/older-engine.ts";
import { say, script, waitForGate } from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";

const older = olderEngineBinary();

describe.each([
  { release: "the installed release", binary: undefined, isThere: true },
  { release: olderRelease, binary: older, isThere: older !== undefined },
])("an abort that comes as soon as the prompt is taken, of $release", ({ binary, isThere }) => {
  const real = useRealEngine(binary === undefined ? {} : { server: { binary } });

  it.runIf(isThere)("stops the engine, also where it had not begun yet", async () => {
    const client = real.client();
    for (let times = 0; times < 4; times += 1) {
      const session = await client.session.create({ title: "Stopped" });
      const call = client.session.prompt(session, script(say("Never "), waitForGate("never"), say("done.")));
      await call;
      await (times % 2 === 0 ? call.abort() : client.session.abort(session));
      expect(await call.settled()).toMatchObject({ status: "aborted" });
      // Behind its gate it would be busy for ever.
      expect(await client.session.prompt(session, script(say("Free."))).text()).toBe("Free.");
    }
    expect(await client.request("GET", "/session/status")).toEqual({});
  });
});
