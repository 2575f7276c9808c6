import type { DriverItem, EngineConnection } from "../../../src/engine/driver.ts";
import { EngineError } from "../../../src/engine/errors.ts";
import type { PermissionRequest } from "../../../src/engine/permission.ts";
import { above, type Breaking, calls, overlaid, withCalls, withEvents } from "./break.ts";

export const listsNothing = calls(() => ({ listSessions: async () => ({ sessions: [] }) }));

export const restIsNotRead = calls((connection) => ({
  async snapshot(request) {
    const snapshots = await connection.snapshot(request);
    return snapshots.map(({ messages, ...snapshot }) =>
      request.withMessages.includes(snapshot.session.id) ? { ...snapshot, messages } : snapshot,
    );
  },
}));

export const recordsForgetWhyItStopped = calls((connection) => ({
  messages: async (sessionId, call) =>
    (await connection.messages(sessionId, call)).map(({ stopReason: _, ...message }) => message),
}));

/** As an `async function*` does. */
export const listensAtTheFirstNext = calls((connection) => ({
  events: async (options) =>
    (async function* () {
      yield* await connection.events(options);
    })(),
}));

export const recordsLackThePrompt = calls((connection) => ({
  messages: async (sessionId, call) =>
    (await connection.messages(sessionId, call)).map((message) =>
      message.role === "user" ? { ...message, parts: [] } : message,
    ),
}));

export const permissionsAreNotListed = calls(() => ({ listPermissions: async () => [] }));

export const denyAllows = calls((connection) => ({
  replyPermission: async (reply) =>
    connection.replyPermission?.({
      ...reply,
      decision: reply.decision === "deny" ? "allow" : reply.decision,
    }),
}));

export const sessionIsForgotten = calls((connection) => ({
  replyPermission: async (reply) =>
    connection.replyPermission?.({
      ...reply,
      decision: reply.decision === "allow_session" ? "allow" : reply.decision,
    }),
}));

/** Every request that the engine told; by driver, as connections come and go. */
const withAsked = (
  change: (
    connection: EngineConnection,
    asked: ReadonlyMap<string, PermissionRequest>,
  ) => Partial<EngineConnection>,
): Breaking => {
  return (engine) => ({
    createDriver() {
      const asked = new Map<string, PermissionRequest>();
      const listening = withEvents(engine, (event) => {
        if (event.type === "permission_requested") asked.set(event.request.permissionId, event.request);
        if (event.type === "permission_resolved") asked.delete(event.permissionId);
        return [event];
      });
      return withCalls(listening, (connection) => change(connection, asked));
    },
  });
};

export const unknownRequestsAreTaken = calls((connection) => ({
  async replyPermission(reply) {
    const listed = await connection.listPermissions?.({});
    const isNumbered = /^per_[0-9]+$/.test(reply.permissionId);
    if (isNumbered || listed?.some(({ permissionId }) => permissionId === reply.permissionId))
      await connection.replyPermission?.(reply);
  },
}));

export const abortedRequestsAreListed = withAsked((_, asked) => ({
  listPermissions: async () => [...asked.values()],
}));

export const thinkingCantBeStopped = withTold((connection, hasTold) => ({
  async abort(sessionId, call) {
    if (hasTold(sessionId)) await connection.abort(sessionId, call);
  },
}));

/** Of a turn, whether anything of it was told but that it runs. */
function withTold(
  change: (
    connection: EngineConnection,
    hasTold: (sessionId: string) => boolean,
  ) => Partial<EngineConnection>,
): Breaking {
  return (engine) => {
    const silent = new Set<string>();
    return {
      createDriver() {
        const listening = withEvents(engine, (event) => {
          if (event.type === "session_status" && event.running) silent.add(event.sessionId);
          else if (event.type === "session_status") silent.delete(event.sessionId);
          else if (event.type === "part_updated") silent.delete(event.sessionId);
          return [event];
        });
        return withCalls(listening, (connection) => change(connection, (id) => !silent.has(id)));
      },
    };
  };
}

export const toolsOfAbortedRunForEver = calls((connection) => ({
  messages: async (sessionId, call) =>
    (await connection.messages(sessionId, call)).map((message) => ({
      ...message,
      parts: message.parts?.map((told) => {
        if (message.error === undefined || told.part.type !== "tool") return told;
        return { ...told, part: { ...told.part, toolCall: { ...told.part.toolCall, status: "running" } } };
      }),
    })),
}));

export const idleCantBeAborted = calls((connection) => ({
  async abort(sessionId, call) {
    const [snapshot] = await connection.snapshot({
      sessionIds: [sessionId],
      withMessages: [],
      signal: call.signal ?? new AbortController().signal,
    });
    if (snapshot?.running === false) throw new EngineError("INVALID_REQUEST", "Nothing runs there.");
    await connection.abort(sessionId, call);
  },
}));

/** What the client has not heard of is left out of what it reads. */
export const readsOnlyWhatItKnows = above((driver) => {
  const known = new Set<string>();
  const listening = withEvents(driver, (event) => {
    if (event.type === "message_updated") known.add(event.message.id);
    return [event];
  });
  return withCalls(listening, (connection) => ({
    async snapshot(request) {
      const snapshots = await connection.snapshot(request);
      return snapshots.map((snapshot) => {
        if (!request.withMessages.includes(snapshot.session.id)) return snapshot;
        const messages = snapshot.messages?.filter(({ id, role }) => role === "user" || known.has(id));
        return { ...snapshot, messages };
      });
    },
  }));
});

export const readsNoRequests = calls((connection) => ({
  async snapshot(request) {
    const snapshots = await connection.snapshot(request);
    return snapshots.map((snapshot) => ({ ...snapshot, permissions: [] }));
  },
}));

/** What a driver's own client began. */
const withOwn = (
  change: (connection: EngineConnection, isOwn: (sessionId: string) => boolean) => Partial<EngineConnection>,
): Breaking => {
  return (engine) => ({
    createDriver() {
      const own = new Set<string>();
      return withCalls(engine, (connection) => ({
        prompt(request) {
          own.add(request.sessionId);
          return connection.prompt(request);
        },
        ...change(connection, (sessionId) => own.has(sessionId)),
      }));
    },
  });
};

export const onlyWhoPromptedMayAnswer = withOwn((connection, isOwn) => ({
  async replyPermission(reply) {
    if (!isOwn(reply.sessionId ?? "")) throw new EngineError("PERMISSION_NOT_FOUND", "That is not yours.");
    await connection.replyPermission?.(reply);
  },
}));

/** Who aborts is known to the engine; whom he aborted is told of a failure. */
export const abortByOthersIsFailure: Breaking = (engine) => {
  const byOthers = new Set<string>();
  const prompted = new Map<string, object>();
  return {
    createDriver() {
      const self = {};
      const listening = withEvents(engine, (event) => {
        const isAborted = event.type === "message_updated" && event.message.error?.code === "PROMPT_ABORTED";
        if (!isAborted || !byOthers.has(event.message.sessionId)) return [event];
        return [{ ...event, message: { ...event.message, error: { code: "UNKNOWN", message: "Stopped." } } }];
      });
      return withCalls(listening, (connection) => ({
        prompt(request) {
          prompted.set(request.sessionId, self);
          return connection.prompt(request);
        },
        abort(sessionId, call) {
          if ((prompted.get(sessionId) ?? self) !== self) byOthers.add(sessionId);
          return connection.abort(sessionId, call);
        },
      }));
    },
  };
};

export const unknownSessionsAreEmpty = calls((connection) => ({
  messages: (sessionId, call) =>
    connection.messages(sessionId, call).catch((error: unknown) => {
      if (EngineError.is(error, "SESSION_NOT_FOUND")) return [];
      throw error;
    }),
}));

export const promisesDiffs: Breaking = (engine) => ({
  createDriver: () => overlaid(engine, { capabilities: { ...engine.capabilities, diff: true } }),
});

export const isNeverWell = calls(() => ({
  health: async () => ({ ok: false, latencyMs: 0, error: "Unwell." }),
}));

/** Neither its signal nor `close()` ends the stream. */
export const streamsStayOpen = calls((connection) => ({
  async events({ after }) {
    const { signal } = new AbortController();
    const items = (await connection.events({ after, signal }))[Symbol.asyncIterator]();
    const next = (): Promise<IteratorResult<DriverItem>> => items.next();
    return { [Symbol.asyncIterator]: () => ({ next }) };
  },
  close: async () => {},
}));
