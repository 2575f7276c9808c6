import { describe, expect, it } from "vitest";
import {
  basicAuth,
  isLoopback,
  knownCredentials,
  newCredentials,
  withCredentials,
} from "../../../src/node/process/access.ts";

const env = { OPENCODE_SERVER_PASSWORD: "from-env", OPENCODE_SERVER_USERNAME: "reef" };

describe("credentials", () => {
  it("for a server that runs are the option's, else the variables', else none", () => {
    expect(knownCredentials("mine", env)).toEqual({ username: "reef", password: "mine" });
    expect(knownCredentials(undefined, env)).toEqual({ username: "reef", password: "from-env" });
    expect(knownCredentials(false, env)).toEqual({ username: "reef", password: undefined });
    const none = { username: "opencode", password: undefined };
    expect(knownCredentials(undefined, {})).toEqual(none);
    expect(knownCredentials(undefined, { OPENCODE_SERVER_PASSWORD: "" })).toEqual(none);
  });

  it("for a new server are random unless somebody named them, and another each time", () => {
    expect(newCredentials("mine", env, "127.0.0.1").password).toBe("mine");
    expect(newCredentials(undefined, env, "127.0.0.1").password).toBe("from-env");
    const fresh = [1, 2].map(() => newCredentials(undefined, {}, "127.0.0.1").password);
    expect(fresh[0]).toMatch(/^[\w-]{43}$/);
    expect(fresh[0]).not.toBe(fresh[1]);
    expect(newCredentials(false, env, "localhost").password).toBeUndefined();
  });

  it("can't be turned off where the network reaches the server", () => {
    for (const host of ["0.0.0.0", "::", "192.168.1.5", "my-host"]) {
      expect(() => newCredentials(false, {}, host)).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(`"${host}"`) }),
      );
      expect(newCredentials(undefined, {}, host).password).toBeDefined();
    }
  });

  it.each([
    ["127.0.0.1", true],
    ["127.8.9.10", true],
    ["localhost", true],
    ["LocalHost", true],
    ["::1", true],
    ["[::1]", true],
    ["::ffff:127.0.0.1", true],
    ["0.0.0.0", false],
    ["127.0.0.1.evil.example", false],
    ["localhost.evil.example", false],
    ["10.0.0.1", false],
  ])("%s is loopback: %s", (host, is) => expect(isLoopback(host)).toBe(is));
});

describe("headers", () => {
  const access = { username: "opencode", password: "pä:ss" };
  const authorization = `Basic ${Buffer.from("opencode:pä:ss").toString("base64")}`;

  it("carry the password, beside what the caller sends", async () => {
    expect(basicAuth("opencode", undefined)).toEqual({});
    expect(withCredentials(undefined, access)).toEqual({ authorization });
    expect(withCredentials({ "x-trace": "1" }, access)).toEqual({ authorization, "x-trace": "1" });
    const source = withCredentials(async () => ({ "x-trace": "2" }), access);
    expect(typeof source === "function" && (await source())).toEqual({ authorization, "x-trace": "2" });
  });

  it("leave the caller's own authorization alone, however it is spelt", async () => {
    const own = { Authorization: "Bearer mine" };
    expect(withCredentials(own, access)).toEqual(own);
    const source = withCredentials(() => own, access);
    expect(typeof source === "function" && (await source())).toEqual(own);
  });
});
