import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noCapabilities } from "../../src/engine/capabilities.ts";
import { readCapabilities, v1Capabilities } from "../../src/v1/capabilities.ts";
import { v1Routes } from "../../src/v1/paths.ts";
import { announcedCapabilities, expectedCapabilities } from "../../src/v1/schema/capabilities.ts";

const names = Object.keys(noCapabilities);
const carried: readonly string[] = [...expectedCapabilities, ...announcedCapabilities];

describe("the capabilities of a /v1 server", () => {
  it("are all that there are, but for what the client does by itself", () => {
    const own = ["urlAttachments", "request"];
    expect([...carried, ...own].toSorted()).toEqual(names.toSorted());
  });

  it("stand beside every optional route that an engine may lack", () => {
    const routes = Object.values(v1Routes).flatMap((route) =>
      "capability" in route ? [route.capability] : [],
    );
    for (const capability of routes) expect(carried).toContain(capability);
  });

  it("are as it says, whatever it says", () => {
    const told = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), fc.boolean());
    fc.assert(
      fc.property(told, (capabilities) => {
        const read = readCapabilities(capabilities);
        expect(Object.keys(read).toSorted()).toEqual(names.toSorted());
        for (const [name, can] of Object.entries(read)) {
          const says = Object.hasOwn(capabilities, name) ? capabilities[name] : undefined;
          const expected = Object.entries(v1Capabilities).find(([known]) => known === name)?.[1];
          expect([name, can]).toEqual([name, says ?? expected]);
        }
      }),
    );
  });

  it("are those that every server has where it says nothing", () => {
    expect(readCapabilities()).toEqual(v1Capabilities);
  });
});
