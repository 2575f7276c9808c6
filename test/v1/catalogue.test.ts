import { describe, expect, it } from "vitest";
import { stage } from "../contract/support.ts";

describe("what the contract does not carry", () => {
  it.each(["models", "providers", "agents"] as const)("the list of %s", async (what) => {
    const { client } = stage();
    const refusal = { code: "UNSUPPORTED", message: expect.stringContaining(`"${what}"`) };
    await expect(client[what].list()).rejects.toMatchObject(refusal);
  });

  it.each([
    [{ agent: "build" }, "agents"],
    [{ variant: "high" }, "variants"],
  ])("a prompt with %j: nothing is sent", async (options, capability) => {
    const { client, sent } = stage();
    const session = await client.session.create();
    const call = client.session.prompt(session, "Go on", options);
    const refusal = { code: "UNSUPPORTED", message: expect.stringContaining(`"${capability}"`) };
    await expect(call.text()).rejects.toMatchObject(refusal);
    expect(sent("prompt")).toEqual([]);
  });
});
