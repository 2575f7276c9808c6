import { describe, expect, it } from "vitest";
import { toContentList } from "../../src/engine/message.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf } from "../hub/support.ts";

const review = { name: "review", description: "Reviews", placeholders: ["$ARGUMENTS"] };

describe("commands", () => {
  it("reach the driver with their arguments and attachments, and are turns like any other", async () => {
    const engine = createMockEngine(
      ({ command, content }) => [
        { text: `${command?.name}(${command?.arguments}) ${toContentList(content).length}` },
      ],
      { commands: [review] },
    );
    const client = clientOf(engine);
    const session = await client.session.create();
    expect(await client.commands.list()).toEqual([review]);
    expect(await client.session.command(session, "/review", "HEAD~1").text()).toBe("review(HEAD~1) 0");
    const attachments = [{ path: "/a.ts" }, { url: "https://acme.test/b.png" }];
    expect(await client.session.command(session, "review", "", { attachments }).text()).toBe("review() 2");
    await expect(client.session.command(session, "nope").text()).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
  });

  it("are UNSUPPORTED where the engine has none, and nothing is sent", async () => {
    const engine = createMockEngine(undefined, { capabilities: { commands: false }, commands: [review] });
    const client = clientOf(engine);
    const session = await client.session.create();
    const lacking = { code: "UNSUPPORTED", message: expect.stringContaining('"commands"') };
    await expect(client.commands.list()).rejects.toMatchObject(lacking);
    await expect(client.session.command(session, "review").text()).rejects.toMatchObject(lacking);
    expect(engine.calls.filter((call) => call.startsWith("prompt"))).toEqual([]);
  });
});
