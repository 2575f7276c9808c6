import { describe, expect, it } from "vitest";
import { clientOf, gate, settle, stage, tampered } from "./support.ts";

describe("prompt: after an abort", () => {
  it.each(["abort()", "the caller's signal"])(
    "by %s the session's next prompt waits until the engine has stopped, and others do not",
    async (way) => {
      const { engine, session } = await stage(({ content }) =>
        content === "wait" ? [{ wait: new Promise(() => {}) }] : [{ text: "Done." }],
      );
      const stop = gate();
      const client = clientOf(
        tampered(engine, (connection) => ({
          async abort(sessionId, call) {
            await stop.opened;
            return connection.abort(sessionId, call);
          },
        })),
      );
      const other = await client.session.create();
      const controller = new AbortController();
      const first = client.session.prompt(session, "wait", { signal: controller.signal });
      await first;
      const aborting = way === "abort()" ? first.abort() : controller.abort(new Error("enough"));
      const second = client.session.prompt(session, "go on");
      expect(await client.session.prompt(other, "hi").text()).toBe("Done.");
      await settle();
      const asked = () =>
        engine.calls.filter((call) => call.endsWith(session.id) && !call.startsWith("create"));
      expect(asked()).toEqual([`prompt ${session.id}`]);
      stop.open();
      await aborting;
      expect(await second.text()).toBe("Done.");
      expect((await first.settled()).status).toBe("aborted");
      expect(asked()).toEqual([`prompt ${session.id}`, `abort ${session.id}`, `prompt ${session.id}`]);
    },
  );
});
