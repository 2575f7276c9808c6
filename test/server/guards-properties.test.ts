import fc from "fast-check";
import { expect, it } from "vitest";
import { passwordGuard } from "../../src/server/auth.ts";
import { hostGuard, LOOPBACK_HOSTS } from "../../src/server/hosts.ts";

const request = (headers: Readonly<Record<string, string>>) =>
  new Request("http://server.test/", { headers });
const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
// A lone surrogate has no bytes of its own: what is sent for it is what is sent for any other.
const text = fc.string({ minLength: 1, unit: "grapheme", maxLength: 40 });
const user = text.map((name) => name.replaceAll(":", ""));

it("a password opens for itself, and for nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(text, text, user, async (password, other, name) => {
      const guard = passwordGuard(password);
      expect(await guard(request({ authorization: basic(name, password) }))).toBeUndefined();
      const refused = await guard(request({ authorization: basic(name, other) }));
      expect(refused?.status).toBe(other === password ? undefined : 401);
    }),
  );
});

it("no other header opens it, whatever it is", async () => {
  const guard = passwordGuard("the one and only");
  const header = fc.string({ unit: fc.constantFrom(...'BbasicBearer =:+/0aA,"') });
  await fc.assert(
    fc.asyncProperty(header, async (authorization) => {
      expect((await guard(request({ authorization })))?.status).toBe(401);
    }),
  );
});

it("a host is answered under a name of the loopback alone, whatever stands around it", async () => {
  const guard = hostGuard(LOOPBACK_HOSTS);
  const around = fc.string({ unit: fc.constantFrom(..."a.:@/#?[]\\, 0"), maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(around, fc.constantFrom(...LOOPBACK_HOSTS), around, async (before, name, after) => {
      const host = (before + name + after).trim();
      const isName = before.trim() === "" && /^(:\d{0,5})?$/.test(after.trimEnd());
      const refused = await guard(request({ host }));
      expect(refused?.status).toBe(isName ? undefined : 403);
    }),
    { numRuns: 2_000 },
  );
});
