import { fileURLToPath, pathToFileURL } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toFileUrl, withLines } from "../../src/create-engine-client/file-url.ts";

describe("the address of a file on the engine's disk", () => {
  it.each([
    ["/a/b.txt", undefined, "file:///a/b.txt"],
    ["b.txt", "/a", "file:///a/b.txt"],
    ["../b.txt", "/a/c/", "file:///a/b.txt"],
    ["./b.txt", "/a", "file:///a/b.txt"],
    ["/a b/c#d?e%41ü", undefined, "file:///a%20b/c%23d%3Fe%2541%C3%BC"],
    ["/a /b\t ", undefined, "file:///a%20/b%09%20"],
    ["/a\\b", undefined, "file:///a%5Cb"],
    ["C:\\a\\b.txt", undefined, "file:///C:/a/b.txt"],
    ["c:/a/b.txt", undefined, "file:///c:/a/b.txt"],
    ["src\\b.txt", "C:\\a", "file:///C:/a/src/b.txt"],
    ["\\\\server\\share\\b.txt", undefined, "file://server/share/b.txt"],
  ])("of %j in %j is %s", (path, directory, url) => {
    expect(toFileUrl(path, directory)).toBe(url);
  });

  it("leads back to every path, as Node reads it", () => {
    const segment = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((name) => !/[/\0\\]|^\.{1,2}$/.test(name));
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
        const path = `/${segments.join("/")}`;
        expect(fileURLToPath(toFileUrl(path, undefined))).toBe(fileURLToPath(pathToFileURL(path)));
      }),
    );
  });

  it("needs a directory for a relative path", () => {
    expect(() => toFileUrl("a", undefined)).toThrow(/relative/);
  });

  it("carries the lines", () => {
    expect(withLines("file:///a", [3, 5])).toBe("file:///a?start=3&end=5");
    expect(withLines("file:///a", [3])).toBe("file:///a?start=3");
    for (const lines of [[0], [1.5], [2, 1], [Number.NaN]] as const) {
      expect(() => withLines("file:///a", lines)).toThrow(/The lines/);
    }
  });
});
