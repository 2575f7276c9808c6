import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../../../src/node/configuration/parse.ts";
import {
  correctConfigurationText,
  findStoppers,
  printCorrection,
} from "../../../src/node/configuration/published-form.ts";

describe("what stops OpenCode", () => {
  it("is an MCP server of the published form, or a boolean share; and each has its correction", () => {
    const config = {
      share: true,
      mcp: {
        fine: { type: "local", command: ["a"] },
        off: { enabled: false },
        strict: { command: "npx", args: ["-y", "a"] },
        remote: { url: "http://x" },
        hopeless: { args: ["a"] },
      },
      providers: { acme: { apiKey: "k" } },
    };
    expect(findStoppers(config)).toEqual([
      {
        path: ["mcp", "strict"],
        problem: expect.any(String),
        corrected: { type: "local", command: ["npx", "-y", "a"], enabled: true },
      },
      {
        path: ["mcp", "remote"],
        problem: expect.any(String),
        corrected: { type: "remote", url: "http://x", enabled: true },
      },
      { path: ["mcp", "hopeless"], problem: expect.stringContaining("args, but no command") },
      { path: ["share"], problem: expect.any(String), corrected: "auto" },
    ]);
  });

  it("is shown corrected, without what may be secret, and with placeholders", () => {
    const [stopper] = findStoppers({
      mcp: {
        x: {
          command: "srv",
          args: ["--api-key=sk-1", "--token", "sk-2", "--url", "http://me:sk-3@x", "plain", "{env:KEY}"],
          env: { KEY: "sk-4", OTHER: "${OTHER}" },
        },
      },
    });
    const text = stopper && printCorrection(stopper);
    expect(text).not.toContain("sk-");
    expect(JSON.parse(`{${text}}`)).toEqual({
      x: {
        type: "local",
        command: ["srv", "--api-key=***", "--token", "***", "--url", "http://***@x", "plain", "{env:KEY}"],
        environment: { KEY: "***", OTHER: "${OTHER}" },
        enabled: true,
      },
    });
  });
});

describe("correctConfigurationText", () => {
  it("brings all into the engine's form, and leaves comments, placeholders and the rest", () => {
    const text = `{
    // mine
    "model": "a/b", // best
    "autoshare": true,
    "mcp": {
        // a server
        "x": { "command": "npx", "args": ["{env:ARG}"] },
        "y": { "type": "local", "command": ["z"] } // good
    },
    "providers": { "acme": { "apiKey": "\${KEY}" } },
}
`;
    const corrected = correctConfigurationText(text);
    expect(parseConfiguration(corrected, "x").config).toEqual({
      model: "a/b",
      share: "auto",
      mcp: {
        x: { type: "local", command: ["npx", "{env:ARG}"], enabled: true },
        y: { type: "local", command: ["z"] },
      },
      provider: { acme: { options: { apiKey: "${KEY}" } } },
    });
    for (const comment of ["// mine", "// best", "// a server", "// good"])
      expect(corrected).toContain(comment);
    expect(corrected).toContain('    "model": "a/b"');
    expect(correctConfigurationText(corrected)).toBe(corrected);
  });

  it("keeps the ends of lines", () => {
    const corrected = correctConfigurationText('{\r\n\t"share": true\r\n}\r\n');
    expect(corrected).toBe('{\r\n\t"share": "auto"\r\n}\r\n');
  });

  it("leaves a text alone in which nothing is to correct", () => {
    for (const text of ["{}", "", '{ "mcp": { "x": { "enabled": true } }, // c\n}']) {
      expect(correctConfigurationText(text)).toBe(text);
    }
  });
});
