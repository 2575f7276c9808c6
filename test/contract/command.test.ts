import { describe, expect, it } from "vitest";
import type { PromptRequest } from "../../src/engine/driver-requests.ts";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import { collect, fold } from "../hub/support.ts";
import { itFails, itIsAnnounced, meansMissing, stage, withBody } from "./support.ts";

describe("POST /v1/session/:id/command", () => {
  const call = async (client: ManagedEngineClient) =>
    client.session.command(await client.session.create(), "review").text();

  /** A server whose engine tells what it was asked. */
  function running(options: Parameters<typeof stage>[0] = {}) {
    const asked: PromptRequest[] = [];
    const given = stage({
      script: (request) => {
        asked.push(request);
        return [{ text: "Reviewed." }];
      },
      ...options,
    });
    return { ...given, asked };
  }
  const messageId = expect.stringMatching(/^msg_[0-9a-f]{32}$/);

  it("runs a command, and its turn is told as that of a prompt", async () => {
    const { client, sent, asked } = running();
    const { id } = await client.session.create();
    const turn = client.session.command(id, "/review", "src tests");
    expect(fold(await collect(turn))).toBe("Reviewed.");
    const { turnId, status } = await turn.result();
    expect(status).toBe("completed");
    const body = { name: "review", arguments: "src tests", messageId };
    const path = `/v1/session/${id}/command`;
    expect(sent("command")).toEqual([withBody("POST", path, body, "text/event-stream")]);
    expect(asked).toMatchObject([{ command: { name: "review", arguments: "src tests" } }]);
    const messages = await client.session.messages(id);
    expect(messages.map((message) => [message.role, message.turnId])).toEqual([
      ["user", turnId],
      ["assistant", turnId],
    ]);
    expect(sent("prompt")).toEqual([]);
  });

  it("carries what is attached and chosen", async () => {
    const { client, sent, asked } = running();
    const { id } = await client.session.create();
    const attachments = { url: "data:text/plain;base64,aGk=", name: "a.txt" };
    const chosen = { model: "acme/large", agent: "build", variant: "high" };
    await client.session.command(id, "review", "", { attachments, ...chosen }).result();
    const file = { type: "file", url: attachments.url, name: "a.txt" };
    expect(sent("command")[0]?.body).toEqual({
      name: "review",
      arguments: "",
      attachments: [expect.objectContaining(file)],
      messageId,
      ...chosen,
    });
    expect(asked).toMatchObject([{ ...chosen, content: [file] }]);
  });

  it("is only acknowledged with asyncPrompts, and the bus tells the turn", async () => {
    const { client, sent } = running({ client: { asyncPrompts: true } });
    const { id } = await client.session.create();
    expect(await client.session.command(id, "review").text()).toBe("Reviewed.");
    expect(sent("command")[0]?.body).toMatchObject({ async: true });
  });

  it("is told by its answer alone where the server has no bus; the prompt is as a person types it", async () => {
    const { client, answer } = running();
    answer("events", () => new Response(null, { status: 404 }));
    const { id } = await client.session.create();
    await client.connect();
    const told: unknown[] = [];
    client.events.subscribe((event) => {
      if (event.type === "message_created") told.push([event.message.role, event.message.content.text]);
    });
    expect(await client.session.command(id, "review", "src").text()).toBe("Reviewed.");
    expect(told[0]).toEqual(["user", "/review src"]);
  });

  it("is sent again when its answer gets lost, and runs once", async () => {
    let lost = 0;
    const losing: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (lost > 0 || !response.url.endsWith("/command")) return response;
      lost += 1;
      await response.body?.cancel();
      throw new TypeError("fetch failed");
    };
    const { client, sent, asked } = running({ client: { fetch: losing } });
    const { id } = await client.session.create();
    expect(await client.session.command(id, "review").text()).toBe("Reviewed.");
    const [first, second] = sent("command").map(({ body }) => body);
    expect(second).toEqual(first);
    expect(asked).toHaveLength(1);
  });

  it("refused with 400: there is no such command", async () => {
    const { client } = running();
    const { id } = await client.session.create();
    await expect(client.session.command(id, "nothing").text()).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining('"nothing"'),
    });
  });

  it("refused with 404: SESSION_NOT_FOUND", async () => {
    const { client } = running();
    await expect(client.session.command("none", "review").text()).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
  });

  itIsAnnounced("command", { call });
  itFails("command", { call, except: meansMissing });
});
