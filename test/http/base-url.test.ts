import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBaseUrl } from "../../src/http/base-url.ts";

function basic(pair: string): string {
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

describe("parseBaseUrl", () => {
  it.each([
    ["http://127.0.0.1:4096", "http://127.0.0.1:4096"],
    ["http://127.0.0.1:4096/", "http://127.0.0.1:4096"],
    ["https://host/a/b", "https://host/a/b"],
    ["https://host/a/b//", "https://host/a/b"],
    ["HTTP://Host:80/A", "http://host/A"],
    ["http://[::1]:4096", "http://[::1]:4096"],
    ["  http://host  ", "http://host"],
  ])("reads %s", (baseUrl, url) => {
    expect(parseBaseUrl(baseUrl)).toEqual({ url, headers: {} });
  });

  it.each([
    ["http://opencode:secret@host", "opencode:secret"],
    ["http://opencode@host", "opencode:"],
    ["http://:secret@host", ":secret"],
    ["http://us%40er:se%2Fcr%3Aet@host", "us@er:se/cr:et"],
    ["http://ünïcode:pässwörd@host", "ünïcode:pässwörd"],
    ["http://user:100%@host", "user:100%"],
  ])("takes the credentials out of %s", (baseUrl, pair) => {
    expect(parseBaseUrl(baseUrl)).toEqual({
      url: "http://host",
      headers: { authorization: basic(pair) },
    });
  });

  it("takes any credentials that are encoded", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1 });
    fc.assert(
      fc.property(text, text, (username, password) => {
        const { url, headers } = parseBaseUrl(
          `https://${encodeURIComponent(username)}:${encodeURIComponent(password)}@host/x`,
        );
        expect(url).toBe("https://host/x");
        expect(headers).toEqual({ authorization: basic(`${username}:${password}`) });
      }),
    );
  });

  it.each([
    "",
    "nonsense",
    "ftp://host",
    "127.0.0.1:4096",
    "//host",
    "http://",
    "http://host:99999",
    "file:///etc",
  ])("refuses %j", (baseUrl) => {
    expect(() => parseBaseUrl(baseUrl)).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        retryable: false,
        message: expect.stringMatching(/^baseUrl is ".*"; it must be an http: or https: address such as /),
      }),
    );
  });

  it.each([
    ["http://host/x?token=abc", "http://host/x"],
    ["http://host#abc", "http://host"],
  ])("refuses %s, of which something would be lost", (baseUrl, shown) => {
    expect(() => parseBaseUrl(baseUrl)).toThrow(
      `baseUrl "${shown}" has a query or a fragment; give it without them, and credentials in the headers option.`,
    );
  });

  it.each([undefined, null, 4096, {}])("refuses %s from a caller without types", (baseUrl) => {
    expect(() => parseBaseUrl(baseUrl as unknown as string)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });

  it.each([
    "ftp://opencode:hunter2@host",
    "opencode:hunter2@host:4096",
    "//opencode:hunter2@host",
    "http://opencode:hunter2@host:99999",
    "http://opencode:hun?ter2#hunter2@host",
    "http://opencode:a@hunter2@host:x",
    "ftp://host?token=hunter2",
    "http://host?token=hunter2",
    "http://opencode:hunter2@host/#x",
    "nonsense\nopencode:hunter2@host",
  ])("shows no secret of %s", (baseUrl) => {
    expect(() => parseBaseUrl(baseUrl)).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/hunter2|ter2/) }),
    );
  });
});
