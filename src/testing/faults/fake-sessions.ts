import type { CueType } from "./cues.ts";
import { stopSession } from "./fake-prompts.ts";
import { type FakeRoute, noSession, notRecorded, ok } from "./fake-routes.ts";

/** The routes that make, change and remove sessions. */
export const fakeSessions: readonly FakeRoute[] = [
  {
    method: "POST",
    path: "/session",
    answer(_, { replay, records }) {
      const session = replay.create();
      if (session === undefined) return notRecorded("The recording has no further session.");
      records.putSession(session);
      return ok(session);
    },
  },
  {
    method: "PATCH",
    path: "/session/:id",
    answer({ id, body }, { records }) {
      const session = records.session(id);
      if (session === undefined) return noSession(id);
      const title = typeof body.title === "string" ? { title: body.title } : {};
      const archived = isRecord(body.time) ? body.time.archived : undefined;
      const time = typeof archived === "number" ? { time: { ...session.time, archived } } : {};
      // They are appended to those that are there.
      const rules = [...listOf(session.permission), ...listOf(body.permission)];
      const permission = rules.length === 0 ? {} : { permission: rules };
      const patched = { ...session, ...title, ...time, ...permission };
      records.putSession(patched);
      return ok(patched);
    },
  },
  {
    method: "DELETE",
    path: "/session/:id",
    async answer({ id }, { records, replay }) {
      if (records.session(id) === undefined) return noSession(id);
      await replay.give("delete", id);
      records.removeSession(id);
      return ok(true);
    },
  },
  changes("revert"),
  changes("unrevert"),
  {
    method: "POST",
    path: "/instance/dispose",
    answer({ directory }, engine) {
      for (const { id } of engine.records.sessions(directory)) stopSession(id, engine);
      void engine.replay.give("dispose", directory);
      return ok(true);
    },
  },
];

function changes(type: CueType): FakeRoute {
  return {
    method: "POST",
    path: `/session/:id/${type}`,
    async answer({ id }, { records, replay }) {
      if (records.session(id) === undefined) return noSession(id);
      const done = replay.give(type, id);
      // Its news are more than one frame; the session's own is the last.
      const isTold = replay.until(
        ({ payload }) => payload.type === "session.updated" && payload.properties?.info?.id === id,
      );
      if (done !== undefined) await isTold;
      return ok(records.session(id));
    },
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
