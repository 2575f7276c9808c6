import { describe, expect, it } from "vitest";
import { resolveSettings, urlOf } from "../../src/node/settings.ts";

const problem = (input: Parameters<typeof resolveSettings>[0], env: Record<string, string> = {}): unknown => {
  try {
    return resolveSettings(input, env);
  } catch (error) {
    return error;
  }
};

describe("resolveSettings", () => {
  it("has a default for everything", () => {
    expect(resolveSettings({}, {})).toEqual({
      host: "127.0.0.1",
      port: 4096,
      autoStart: true,
      model: { name: "claude-opus-4-5", required: false },
    });
  });

  it("takes the variables, and an empty one as unset", () => {
    const env = {
      QUANTUMREEF_OPENCODE_HOST: "localhost",
      QUANTUMREEF_OPENCODE_PORT: "5000",
      QUANTUMREEF_OPENCODE_AUTOSTART: "off",
      OPENCODE_MODEL: "local/scripted",
    };
    expect(resolveSettings({}, env)).toEqual({
      host: "localhost",
      port: 5000,
      autoStart: false,
      model: { name: "local/scripted", required: true },
    });
    const empty = Object.fromEntries(Object.keys(env).map((key) => [key, ""]));
    expect(resolveSettings({}, empty)).toEqual(resolveSettings({}, {}));
  });

  it("lets options win over variables", () => {
    const env = {
      QUANTUMREEF_OPENCODE_PORT: "5000",
      QUANTUMREEF_OPENCODE_AUTOSTART: "true",
      OPENCODE_MODEL: "a/b",
    };
    const settings = resolveSettings({ port: 0, autoStart: false, model: "c/d" }, env);
    expect(settings).toMatchObject({ port: 0, autoStart: false, model: { name: "c/d", required: true } });
  });

  it.each([
    ["port", { port: 99_999 }, {}, /option port is "99999".*0 to 65535/],
    ["port", { port: 1.5 }, {}, /option port is "1.5"/],
    ["port", { port: -1 }, {}, /option port is "-1"/],
    ["port", { port: Number.NaN }, {}, /option port is "NaN"/],
    [
      "port variable",
      {},
      { QUANTUMREEF_OPENCODE_PORT: "4096x" },
      /variable QUANTUMREEF_OPENCODE_PORT is "4096x"/,
    ],
    ["autostart", {}, { QUANTUMREEF_OPENCODE_AUTOSTART: "maybe" }, /AUTOSTART is "maybe".*true, 1, yes/],
    ["host", { host: "http://x" }, {}, /option host is "http:\/\/x".*without a scheme/],
    ["host", { host: "a b" }, {}, /option host/],
  ])("names a bad %s, its value and what is allowed", (_, input, env, message) => {
    expect(problem(input, env)).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(message),
    });
  });

  it("writes an address for names and for both kinds of IP", () => {
    expect(["127.0.0.1", "localhost", "::1"].map((host) => urlOf(host, 4096))).toEqual([
      "http://127.0.0.1:4096",
      "http://localhost:4096",
      "http://[::1]:4096",
    ]);
  });
});
