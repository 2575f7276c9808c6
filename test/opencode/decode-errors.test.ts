import { describe, expect, it } from "vitest";
import { decodeRetry } from "../../src/opencode/native/decode.ts";
import { decodeError, decodeErrorBody } from "../../src/opencode/native/errors.ts";

const api = (statusCode: number, message: string, responseHeaders?: Record<string, unknown>) => ({
  name: "APIError",
  data: { message, statusCode, ...(responseHeaders ? { responseHeaders } : {}) },
});

describe("an error on a message or in an event", () => {
  it.each([
    [true, true],
    [false, undefined],
    [undefined, undefined],
    [null, undefined],
  ])("of a provider may go better the next time if the engine thinks so: %s", (isRetryable, retryable) => {
    const failed = { name: "APIError", data: { message: "boom", statusCode: 500, isRetryable } };
    expect(decodeError(failed).retryable).toBe(retryable);
  });

  it.each([
    ["a refused key", api(401, "Incorrect API key"), "AUTH_REQUIRED", /"acme".*Incorrect API key.*API key/],
    ["a forbidden model", api(403, "Not yours"), "AUTH_REQUIRED", /Not yours/],
    [
      "a key that Google refuses",
      api(400, "API key not valid. Pass a valid one."),
      "AUTH_REQUIRED",
      /"acme"/,
    ],
    ["a key that xAI refuses", api(400, "Incorrect API key provided: xx"), "AUTH_REQUIRED", /"acme"/],
    ["a missing key", { name: "ProviderAuthError", data: { message: "No key" } }, "AUTH_REQUIRED", /No key/],
    ["too many requests", api(429, "slow down"), "RATE_LIMITED", /"acme".*slow down/],
    ["another failure of the provider", api(500, "boom"), "PROVIDER_ERROR", /"acme".*boom/],
    ["a bad request to the provider", api(400, "bad"), "PROVIDER_ERROR", /bad/],
    [
      "an overflow",
      { name: "ContextOverflowError", data: { message: "too long" } },
      "CONTEXT_OVERFLOW",
      /too long/,
    ],
    ["an abort", { name: "MessageAbortedError", data: { message: "Aborted" } }, "PROMPT_ABORTED", /aborted/],
    [
      "a withheld answer",
      { name: "ContentFilterError", data: { message: "no" } },
      "PROVIDER_ERROR",
      /withheld.*no/,
    ],
    ["anything else", { name: "UnknownError", data: { message: "odd" } }, "UNKNOWN", /^odd$/],
    ["one without data", { name: "Strange" }, "UNKNOWN", /^Strange$/],
    ["one with empty data", { name: "Strange", data: { message: "" } }, "UNKNOWN", /^Strange$/],
  ])("%s", (_, wire, code, message) => {
    expect(decodeError(wire, "acme")).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it.each([
    ["anthropic", "ANTHROPIC_API_KEY"],
    ["openai", "OPENAI_API_KEY"],
    ["google", "GEMINI_API_KEY, or GOOGLE_API_KEY, or GOOGLE_GENERATIVE_AI_API_KEY"],
    ["amazon-bedrock", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"],
  ])("of %s says that %s has to be set", (provider, variables) => {
    const advice = expect.stringContaining(`Set ${variables}`);
    expect(decodeError(api(401, "No"), provider).message).toEqual(advice);
    const missing = { name: "ProviderAuthError", data: { message: "No key", providerID: provider } };
    expect(decodeError(missing).message).toEqual(advice);
    const absent = {
      name: "UnknownError",
      data: { message: `Model not found: ${provider}/best. Did you mean: x?\n  at y` },
    };
    expect(decodeError(absent)).toEqual({ code: "INVALID_REQUEST", message: advice });
    expect(decodeError(absent).message).not.toContain("at y");
  });

  it.each(["AWS region setting is missing. Pass it using", "Acme API key is missing."])(
    "knows credentials that are found missing late: %s",
    (message) => {
      const error = decodeError({ name: "UnknownError", data: { message } }, "amazon-bedrock");
      expect(error).toMatchObject({
        code: "AUTH_REQUIRED",
        message: expect.stringMatching(/is missing.*AWS_PROFILE/),
      });
    },
  );

  it.each([
    ["Bedrock's, whose kind nobody reads", "undefined: Too many tokens", "Too many tokens", "UNKNOWN"],
    ["one from a stream", '{"type":"overloaded_error","message":"Busy"}', "Busy", "PROVIDER_ERROR"],
    ["one in an envelope", '{"type":"error","error":{"message":"Busy"}}', "Busy", "PROVIDER_ERROR"],
    ["an object without words", '{"message":""}', '{"message":""}', "UNKNOWN"],
    ["what only looks like an object", "{oops}", "{oops}", "UNKNOWN"],
    ["nothing but the mark", "undefined: ", "undefined: ", "UNKNOWN"],
  ])("is freed of its wrapping: %s", (_, message, words, code) => {
    const unknown = decodeError({ name: "UnknownError", data: { message } }, "acme");
    expect(unknown).toEqual({
      code,
      message: code === "UNKNOWN" ? words : `The provider "acme" failed: ${words}`,
    });
    expect(decodeError(api(500, message), "acme").message).toBe(`The provider "acme" failed: ${words}`);
    expect(decodeRetry({ type: "retry", message }, 0)?.message).toBe(words);
  });

  it("names no provider that it does not know", () => {
    expect(decodeError(api(500, "boom")).message).toBe("The provider failed: boom");
  });

  it.each(["Model not found: local/nope.", "ProviderModelNotFoundError: Model not found: local/nope."])(
    "leaves the engine's stack out: %s",
    (sentence) => {
      const message = `${sentence}\n    at getModel (/$bunfs/root/chunk.js:12:34)\n    at loop`;
      const error = decodeError({ name: "UnknownError", data: { message } });
      expect(error).toEqual({ code: "INVALID_REQUEST", message: sentence });
    },
  );

  it.each([
    [{ "retry-after": "3" }, 3_000],
    [{ "retry-after": "0.5" }, 500],
    [{ "retry-after-ms": "250", "retry-after": "3" }, 250],
    [{ "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, undefined],
    [{ "retry-after": "" }, undefined],
    [{ "retry-after-ms": null, "retry-after": "2" }, 2_000],
    [{}, undefined],
    [undefined, undefined],
  ])("%j asks to wait %s ms", (headers, ms) => {
    expect(decodeError(api(429, "slow down", headers)).retryAfterMs).toBe(ms);
  });
});

describe("the body of an answer that is no success", () => {
  it.each([
    [
      { name: "NotFoundError", data: { message: "Session not found: ses_1" } },
      "SESSION_NOT_FOUND",
      "Session not found: ses_1",
    ],
    [{ _tag: "SessionNotFoundError", sessionID: "ses_1", message: "gone" }, "SESSION_NOT_FOUND", "gone"],
    [
      { _tag: "PermissionNotFoundError", requestID: "per_1", message: "gone" },
      "PERMISSION_NOT_FOUND",
      "gone",
    ],
    [
      { name: "BadRequest", data: { message: "Missing key", kind: "Payload" } },
      "INVALID_REQUEST",
      "Missing key",
    ],
    [{ _tag: "BadRequest" }, "INVALID_REQUEST", "BadRequest"],
    [
      { name: "ConfigJsonError", data: { path: "/a.json", message: "bad" } },
      "CONFIG_INVALID",
      "/a.json: bad",
    ],
    [
      { name: "ConfigInvalidError", data: { path: "/a.json", issues: [] } },
      "CONFIG_INVALID",
      "/a.json: ConfigInvalidError",
    ],
    [
      {
        name: "ConfigInvalidError",
        data: { path: "/a.json", issues: [{ path: ["mcp", "x"], message: 'Expected y, got {"key":"s"}' }] },
      },
      "CONFIG_INVALID",
      "/a.json: mcp.x: Expected y",
    ],
    [{ _tag: "UnauthorizedError" }, "AUTH_REQUIRED", "UnauthorizedError"],
    [{ name: "UnknownError", data: { message: "Unexpected", ref: "err_1" } }, "UNKNOWN", "Unexpected"],
    [{ name: "NewError", data: { message: "new" } }, "UNKNOWN", "new"],
    [{ name: "toString" }, "UNKNOWN", "toString"],
  ])("%j", (body, code, message) => {
    expect(decodeErrorBody(400, body)).toEqual({ code, message });
  });

  it.each([null, undefined, "text", 7, [], {}, { name: 7 }, { data: { message: "x" } }])(
    "is not the engine's: %j",
    (body) => {
      expect(decodeErrorBody(500, body)).toBeUndefined();
    },
  );
});
