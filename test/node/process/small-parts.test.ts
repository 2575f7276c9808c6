import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { keeperProgram } from "../../../src/node/process/keeper-program.ts";
import { defaultTiming, RestartPolicy } from "../../../src/node/process/restart-policy.ts";
import { untestedRelease } from "../../../src/node/process/tested-releases.ts";
import { secretsOf } from "../../../src/process/secrets.ts";
import { temporaryFolder } from "./keeper-support.ts";

describe("RestartPolicy", () => {
  it("waits 1, 2, 4, 8, 16 and 30 s, and gives up at the seventh crash in a row", () => {
    const policy = new RestartPolicy(defaultTiming);
    expect([0, 100, 59_999, 0, 0, 0, 0].map((uptime) => policy.crashed(uptime))).toEqual([
      1000,
      2000,
      4000,
      8000,
      16_000,
      30_000,
      undefined,
    ]);
  });

  it("begins anew after a healthy minute, and never waits longer than 30 s", () => {
    const policy = new RestartPolicy(defaultTiming);
    for (let day = 0; day < 3; day += 1) {
      expect(policy.crashed(60_000)).toBe(1000);
      expect(policy.crashed(5)).toBe(2000);
    }
    const patient = new RestartPolicy({ ...defaultTiming, crashes: 100 });
    const waits = Array.from({ length: 50 }, () => patient.crashed(0));
    expect(waits.slice(0, 7)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(Math.max(...waits.map(Number))).toBe(30_000);
  });
});

describe("secretsOf", () => {
  it("takes values of variables that are named like secrets, and the passwords, the longest first", () => {
    const env = {
      ANTHROPIC_API_KEY: "sk-ant-1",
      GITHUB_TOKEN: "ghp_0123456789",
      AWS_SECRET_ACCESS_KEY: "aws/secret/long",
      PATH: "/usr/bin:/bin",
      SHORT_KEY: "1",
    };
    expect(secretsOf({ env, password: "pw", secrets: [] })).toEqual([
      "aws/secret/long",
      "ghp_0123456789",
      "sk-ant-1",
      "pw",
    ]);
  });
});

describe("untestedRelease", () => {
  it.each([
    ["1.18.33", undefined],
    ["1.1.65", undefined],
    ["1.9.0", undefined],
    ["unknown", undefined],
    ["1.1.64", "engine_untested_release"],
    ["0.15.3", "engine_untested_release"],
    ["1.18.34", "engine_untested_release"],
    ["2.0.0-beta.1", "engine_untested_release"],
  ])("of %s says %s", (version, code) => expect(untestedRelease(version)?.code).toBe(code));
});

describe("keeperProgram", () => {
  it("lies beside the module in src, and beside the chunks in dist", async () => {
    expect(keeperProgram()).toMatchObject({
      command: process.execPath,
      file: expect.stringMatching(/src\/node\/process\/keeper\.ts$/),
    });
    const dist = await temporaryFolder("dist ä");
    await writeFile(join(dist, "keeper.js"), "");
    const chunk = pathToFileURL(join(dist, "chunk-ABC.js")).href;
    expect(keeperProgram(chunk).file).toBe(join(dist, "keeper.js"));
  });

  it("gets what a program needs of the environment, and nothing that is secret or loads code", () => {
    const env = {
      Path: "C:\\bin",
      HOME: "/home/me",
      OPENCODE_SERVER_PASSWORD: "pw",
      ANTHROPIC_API_KEY: "sk",
      NODE_OPTIONS: "--require ./instrument.js",
      QUANTUMREEF_ENGINE_MARK: "outer",
    };
    expect(keeperProgram(undefined, env).env).toEqual({ Path: "C:\\bin", HOME: "/home/me" });
  });

  it("says how to bundle an application when it is missing", async () => {
    const folder = await temporaryFolder("bundle");
    const bundle = pathToFileURL(join(folder, "app.mjs")).href;
    expect(() => keeperProgram(bundle)).toThrow(
      expect.objectContaining({
        code: "PROCESS_FAILED",
        message: expect.stringMatching(/keeper\.js is missing.*out of the bundle/),
      }),
    );
  });
});
