import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EngineError } from "../../src/engine/errors.ts";
import type { SessionQuery } from "../../src/engine/session-query.ts";
import type { Http } from "../../src/http.ts";
import type { WireSession } from "../../src/opencode/native/schema/session.ts";
import { readSessionPage } from "../../src/opencode/native/session-pages.ts";
import { NativeSessions } from "../../src/opencode/native/sessions.ts";

type Call = Parameters<Http["json"]>[3];

/** Lists sessions as 1.18.33 does: the cursor is a time, and what has that very time is on neither side of it. */
function engineWith(sessions: readonly WireSession[], release: "current" | "1.1" = "current") {
  const asked: Readonly<Record<string, unknown>>[] = [];
  const answer = (path: string, { query = {} }: NonNullable<Call>): [unknown, string | undefined] => {
    if (path === "/session/status") return [{ ses_1: { type: "busy" } }, undefined];
    asked.push(query);
    const limit = Number(query.limit);
    // As 1.1.65 counts: it stops after the first that is too many.
    if (path === "/session") {
      const inDirectory = sessions.filter(({ directory }) => directory === query.directory);
      return [inDirectory.slice(0, Math.max(1, limit)), undefined];
    }
    if (release === "1.1") throw new EngineError("INVALID_RESPONSE", "A web page.");
    const found = sessions
      .filter(({ time }) => query.archived === true || time.archived === undefined)
      .filter(({ time }) => query.cursor === undefined || time.updated < Number(query.cursor))
      .filter(({ directory }) => query.directory === undefined || directory === query.directory)
      .toSorted((a, b) => b.time.updated - a.time.updated);
    const page = found.slice(0, limit);
    return [page, found.length > limit ? String(page.at(-1)?.time.updated) : undefined];
  };
  const http = {
    baseUrl: "http://engine",
    timeout: 1_000,
    async json(_method: string, path: string, decoder: { parse(value: unknown): unknown }, call: Call = {}) {
      const [value, cursor] = answer(path, call);
      const headers = new Headers(cursor === undefined ? {} : { "x-next-cursor": cursor });
      return { value: decoder.parse(value), headers };
    },
  } as unknown as Http;
  const report = { alive() {}, beat() {}, retryAfter() {}, diagnostic() {} };
  const native = new NativeSessions(http, report, "/work");
  const signal = new AbortController().signal;

  const pages = async (limit: number, query: SessionQuery = {}) => {
    const all: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await readSessionPage({ ...query, limit, cursor, signal }, native);
      all.push(page.sessions.map(({ session }) => session.id));
      cursor = page.cursor;
    } while (cursor !== undefined && all.length < 200);
    return all;
  };
  return { native, asked, pages, signal };
}

function wire(id: string, updated: number, more: Partial<WireSession> = {}): WireSession {
  return { id, title: id, directory: "/work", time: { created: 1, updated }, ...more };
}

describe("pages of sessions", () => {
  it("hold each session once, also where many were changed in the same millisecond", async () => {
    const times = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(times, fc.integer({ min: 1, max: 9 }), async (updated, limit) => {
        const sessions = updated.map((time, index) => wire(`ses_${index}`, time));
        const { pages, native, signal } = engineWith(sessions);
        const read = await pages(limit);
        expect(read.flat().toSorted()).toEqual(sessions.map(({ id }) => id).toSorted());
        for (const page of read) expect(page.length).toBeLessThanOrEqual(limit);
        expect(await native.list(signal)).toHaveLength(sessions.length);
      }),
    );
  });

  it("end with an engine that says for ever that there is more", async () => {
    const { native, signal } = engineWith([]);
    const same = [wire("ses_1", 2), wire("ses_2", 1)];
    const http = {
      json: async () => ({ value: same, headers: new Headers({ "x-next-cursor": "1" }) }),
    } as unknown as Http;
    const report = { alive() {}, beat() {}, retryAfter() {}, diagnostic() {} };
    expect(await new NativeSessions(http, report, undefined).list(signal)).toHaveLength(2);
    expect(native.defaultDirectory).toBe("/work");
  });

  it("say which session runs", async () => {
    const { native, signal } = engineWith([wire("ses_1", 2), wire("ses_2", 1)]);
    const { sessions } = await readSessionPage({ limit: 5, signal }, native);
    expect(sessions.map(({ running }) => running)).toEqual([true, false]);
  });

  it("ask the engine for no text that it reads otherwise, and look themselves", async () => {
    const titles = ["Ärger", "a_b", "axb", "50%", "back\\slash"];
    const { pages, asked } = engineWith(
      titles.map((title, index) => wire(`ses_${title}`, index + 1, { title })),
    );
    const found = async (search: string) => (await pages(10, { search })).flat();
    expect(await found("ärger")).toEqual(["ses_Ärger"]);
    expect(await found("A_B")).toEqual(["ses_a_b"]);
    expect(await found("\\")).toEqual(["ses_back\\slash"]);
    expect(await found("")).toHaveLength(5);
    expect(asked.map(({ search }) => search)).toEqual([undefined, "A_B", undefined, undefined]);
  });

  it("are one page of one directory where the release has none", async () => {
    const sessions = [
      wire("ses_1", 3),
      wire("ses_2", 2, { directory: "/other" }),
      wire("ses_3", 1, { time: { created: 1, updated: 1, archived: 5 } }),
      wire("ses_4", 1, { parentID: "ses_1" }),
    ];
    const { pages } = engineWith(sessions, "1.1");
    expect(await pages(1)).toEqual([["ses_1", "ses_4"]]);
    expect(await pages(1, { rootsOnly: true })).toEqual([["ses_1"]]);
    expect(await pages(1, { includeArchived: true })).toEqual([["ses_1", "ses_3", "ses_4"]]);
    expect(await pages(1, { workingDirectory: "/other" })).toEqual([["ses_2"]]);
  });
});
