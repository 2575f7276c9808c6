import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf } from "../hub/support.ts";

/** A client whose engine has a session for each of these times. */
function having(times: readonly number[]) {
  const engine = createMockEngine();
  for (const [index, updatedAt] of times.entries()) {
    const session = { id: `ses ${index}`, title: "", createdAt: 0, updatedAt };
    engine.emit({ type: "session_created", session });
  }
  return { engine, client: clientOf(engine) };
}

async function pagesOf(
  client: ReturnType<typeof clientOf>,
  limit: number,
  between: () => void = () => {},
): Promise<readonly (readonly string[])[]> {
  const pages: (readonly string[])[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.session.page({ limit, cursor });
    pages.push(page.sessions.map(({ id }) => id));
    cursor = page.cursor;
    between();
  } while (cursor !== undefined);
  return pages;
}

const times = fc.array(fc.nat({ max: 5 }), { maxLength: 12 });
const limit = fc.integer({ min: 1, max: 13 });

describe("session.page", () => {
  it("gives every session once, in the order of the list", async () => {
    await fc.assert(
      fc.asyncProperty(times, limit, async (updatedAt, limit) => {
        const { client } = having(updatedAt);
        const pages = await pagesOf(client, limit);
        const all = (await client.session.list()).map(({ id }) => id);
        expect(pages.flat()).toEqual(all);
        expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
        await client.dispose();
      }),
      { numRuns: 50 },
    );
  });

  it("misses none that nobody touched, whatever is used or deleted between two pages", async () => {
    const changes = fc.array(fc.tuple(fc.nat({ max: 11 }), fc.boolean()), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(times, limit, changes, async (updatedAt, limit, changes) => {
        const { client, engine } = having(updatedAt);
        const touched = new Set<string>();
        const left = changes.map(
          ([index, gone]) => [`ses ${index % Math.max(1, updatedAt.length)}`, gone] as const,
        );
        const pages = await pagesOf(client, limit, () => {
          const [id, gone] = left.shift() ?? [];
          if (id === undefined || touched.has(id) || updatedAt.length === 0) return;
          touched.add(id);
          if (gone) engine.emit({ type: "session_deleted", sessionId: id });
          else
            engine.emit({ type: "session_updated", session: { id, title: "", createdAt: 0, updatedAt: 99 } });
        });
        const found = new Set(pages.flat());
        const untouched = updatedAt.map((_, index) => `ses ${index}`).filter((id) => !touched.has(id));
        expect(untouched.filter((id) => !found.has(id))).toEqual([]);
        await client.dispose();
      }),
      { numRuns: 100 },
    );
  });

  it.each([[{ limit: 0 }], [{ limit: 1.5 }], [{ cursor: "" }], [{ cursor: "ses_1" }], [{ cursor: "x y" }]])(
    "refuses %j",
    async (options) => {
      const { client } = having([1]);
      await expect(client.session.page(options)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    },
  );

  it("has a hundred sessions by default", async () => {
    const { client } = having(Array.from({ length: 101 }, (_, index) => index));
    const { sessions, cursor } = await client.session.page();
    expect(sessions).toHaveLength(100);
    expect((await client.session.page({ cursor })).sessions).toHaveLength(1);
  });
});
