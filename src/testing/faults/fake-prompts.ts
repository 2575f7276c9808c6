import type { CueType } from "./cues.ts";
import {
  badRequest,
  type FakeAnswer,
  type FakeEngine,
  type FakeRequest,
  type FakeRoute,
  noSession,
  notRecorded,
  ok,
} from "./fake-routes.ts";
import type { RecordedFrame } from "./recording.ts";

/** The routes that put the engine to work, or stop it. */
export const fakePrompts: readonly FakeRoute[] = [
  {
    method: "POST",
    path: "/session/:id/prompt_async",
    answer: (request, engine) => takePrompt(request, engine).refusal ?? { status: 204 },
  },
  {
    method: "POST",
    path: "/session/:id/message",
    async answer(request, engine) {
      const { refusal, begun } = takePrompt(request, engine);
      if (refusal !== undefined) return refusal;
      const sent = await begun;
      const { records, replay } = engine;
      const { id, body } = request;
      if (body.noReply !== true) {
        if (sent !== undefined) await replay.until(isIdle(id));
        return ok(records.messages(id).findLast(({ info }) => info.role !== "user"));
      }
      const lastPart = sent?.partIds?.at(-1);
      const isStored = ({ payload }: RecordedFrame) => payload.properties?.part?.id === lastPart;
      if (lastPart !== undefined) await replay.until(isStored);
      return ok(records.messages(id).find(({ info }) => info.id === (sent?.messageId ?? body.messageID)));
    },
  },
  {
    method: "POST",
    path: "/session/:id/shell",
    async answer(request, engine) {
      const refusal = await run("shell", request, engine);
      return refusal ?? ok(engine.records.messages(request.id).at(-1));
    },
  },
  {
    method: "POST",
    path: "/session/:id/summarize",
    answer: async (request, engine) => (await run("summarize", request, engine)) ?? ok(true),
  },
  {
    method: "POST",
    path: "/session/:id/abort",
    answer({ id }, engine) {
      stopSession(id, engine);
      // Also for a session that does not exist.
      return ok(true);
    },
  },
];

/** Takes effect where the recording has it. Of a session at rest there is nothing to stop. */
export function stopSession(id: string, { replay }: FakeEngine): void {
  if (replay.isAtWork(id)) void replay.give("abort", id);
}

function takePrompt({ id, body }: FakeRequest, { records, replay, posted }: FakeEngine) {
  const { messageID, parts } = body;
  if (records.session(id) === undefined) return { refusal: noSession(id) };
  const messageId = typeof messageID === "string" ? messageID : undefined;
  if (messageId?.startsWith("msg") === false) {
    const message = `Expected a string starting with "msg", got ${JSON.stringify(messageId)}\n  at ["messageID"]`;
    return { refusal: badRequest(message, "Body") };
  }
  // The same once more: it is there already, and is being answered.
  if (messageId !== undefined && posted.has(messageId)) return {};
  const begun = replay.give("prompt", id, { messageId, partIds: partIdsOf(parts) });
  if (begun === undefined) return { refusal: notRecorded(`The recording has no further prompt in ${id}.`) };
  if (messageId !== undefined) posted.add(messageId);
  return { begun };
}

/** Does what is done when its answer comes. */
async function run(
  type: CueType,
  { id }: FakeRequest,
  { records, replay }: FakeEngine,
): Promise<FakeAnswer | undefined> {
  if (records.session(id) === undefined) return noSession(id);
  const begun = replay.give(type, id);
  if (begun === undefined) return notRecorded(`The recording has no further ${type} in ${id}.`);
  await begun;
  await replay.until(isIdle(id));
  return undefined;
}

function isIdle(sessionId: string): (frame: RecordedFrame) => boolean {
  return ({ payload: { type, properties } }) =>
    type === "session.idle" && properties?.sessionID === sessionId;
}

/** In their order; a part without an id of its own keeps the recorded one. */
function partIdsOf(parts: unknown): readonly (string | undefined)[] {
  if (!Array.isArray(parts)) return [];
  return parts.map((part: unknown) =>
    typeof part === "object" && part !== null && "id" in part && typeof part.id === "string"
      ? part.id
      : undefined,
  );
}
