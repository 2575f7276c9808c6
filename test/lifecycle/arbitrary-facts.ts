import fc from "fast-check";
import type { DriverEvent, DriverMessage, DriverPart } from "../../src/engine/driver-events.ts";
import type { SessionSnapshot } from "../../src/engine/driver-requests.ts";
import {
  answer,
  asks,
  busy,
  complains,
  created,
  delta,
  done,
  failed,
  idle,
  part,
  questions,
  retrying,
  session,
  snapshot,
  started,
  step,
  text,
  told,
  tool,
  user,
} from "./facts.ts";

/** What may happen to a session: it is told a fact, read again, or lost from sight. */
export type Happening =
  | { readonly type: "fact"; readonly fact: DriverEvent }
  | { readonly type: "read"; readonly snapshot: SessionSnapshot; readonly final: boolean }
  | { readonly type: "lost touch" };

const sessionId = session.id;
const TURNS = ["t1", "t2", "t3"] as const;
const ANSWERS = ["a1", "a2", "b1", "c1"] as const;
const turnIds = fc.constantFrom(...TURNS);
const words = fc.constantFrom("", "a", "ab", "abc", "abcd", "x", "\ud83d");
const requestIds = fc.constantFrom("r1", "r2");
const codes = fc.constantFrom("PROMPT_ABORTED", "AUTH_REQUIRED");
const statuses = fc.constantFrom("pending", "running", "success", "error");

/** `wild`: an id may be anything at any time, and things may be taken back. Else each keeps to its kind. */
export function happenings({ wild }: { readonly wild: boolean }): fc.Arbitrary<readonly Happening[]> {
  const messageIds: fc.Arbitrary<string> = fc.constantFrom(...ANSWERS, ...TURNS, ...(wild ? ["zz"] : []));
  const ids = (...own: string[]) => (wild ? fc.constantFrom("p", "q", "x") : fc.constantFrom(...own));

  const textPart = fc
    .tuple(ids("p", "q"), words, fc.boolean())
    .map(([id, value, whole]) => text(id, value, whole));
  const reasoning = fc
    .tuple(ids("r"), words, fc.boolean())
    .map(([id, value, complete]): DriverPart => ({ part: { type: "reasoning", id, text: value }, complete }));
  const toolPart = fc
    .tuple(ids("c", "d"), statuses, fc.option(words, { nil: undefined }))
    .map(([id, status, output]) => tool(id, status, output === undefined ? {} : { output }))
    .map((own): DriverPart => (wild ? { ...own, part: { ...own.part, id: own.part.id.slice(-1) } } : own));
  const file = ids("f").map(
    (id): DriverPart => ({ part: { type: "file", id, url: "file:///a" }, complete: true }),
  );
  const parts = fc.oneof({ weight: 4, arbitrary: textPart }, reasoning, toolPart, file);

  // Part ids belong to one message, as they do in every engine.
  const inMessage = (messageId: string, own: DriverPart): DriverPart => {
    const id = `${messageId}.${own.part.id}`;
    if (own.part.type !== "tool") return { ...own, part: { ...own.part, id } };
    return { ...own, part: { ...own.part, id, toolCall: { ...own.part.toolCall, id: `call ${id}` } } };
  };

  const ends = fc.oneof(
    fc.constant({}),
    fc.constantFrom("stop", "tool_calls", undefined).map((reason) => done(reason)),
    codes.map((code) => failed(code)),
  );
  const turnOf = (id: string) => `t${["a", "b", "c"].indexOf(id.charAt(0)) + 1}`;
  const message: fc.Arbitrary<DriverMessage> = fc.oneof(
    turnIds.map((turnId) => user(turnId, 10 * Number(turnId.slice(1)))),
    fc.tuple(fc.constantFrom(...ANSWERS), turnIds, ends).map(([id, any, end]) => {
      const turnId = wild ? any : turnOf(id);
      return answer(id, turnId, 10 * Number(turnId.slice(1)) + Number(id.slice(1)), end);
    }),
  );
  const whole = fc
    .tuple(message, fc.array(parts, { maxLength: 4 }))
    .map(([info, own]): DriverMessage => ({ ...info, parts: own.map((each) => inMessage(info.id, each)) }));

  const placed = fc.tuple(messageIds, parts).map(([id, own]) => part(id, inMessage(id, own)));
  const partIds = fc.tuple(messageIds, ids("p", "q", "r", "c"));
  const grown = fc
    .tuple(partIds, words, fc.option(fc.nat(4), { nil: undefined }))
    .map(([[id, own], value, offset]) => delta(id, `${id}.${own}`, value, offset));

  const tame: fc.Arbitrary<DriverEvent>[] = [
    fc.constantFrom(busy, idle, idle, created),
    message.map(told),
    fc.constantFrom(retrying(1), retrying(2)),
    codes.map(complains),
    turnIds.map(started),
    messageIds.map(step),
    requestIds.map(asks),
    requestIds.map(questions),
    requestIds.map((permissionId) => ({
      type: "permission_resolved",
      permissionId,
      sessionId,
      decision: "allow",
    })),
    requestIds.map((questionId) => ({ type: "question_resolved", questionId, sessionId })),
  ];
  const takenBack: fc.Arbitrary<DriverEvent>[] = [
    messageIds.map((messageId) => ({ type: "message_removed", sessionId, messageId })),
    partIds.map(([messageId, own]) => ({
      type: "part_removed",
      sessionId,
      messageId,
      partId: `${messageId}.${own}`,
    })),
    fc.tuple(turnIds, fc.constantFrom("completed", "aborted", "lost")).map(([turnId, status]) => ({
      type: "turn_ended",
      sessionId,
      turnId,
      status,
    })),
    fc.constant({ type: "session_deleted", sessionId }),
    fc.constant({ type: "unknown", sessionId, name: "x", raw: {} }),
  ];
  const fact = fc
    .oneof(
      { weight: 6, arbitrary: placed },
      { weight: 6, arbitrary: grown },
      ...tame.map((arbitrary) => ({ weight: 2, arbitrary })),
      ...(wild ? takenBack : []).map((arbitrary) => ({ weight: 1, arbitrary })),
    )
    .map((each): Happening => ({ type: "fact", fact: each }));
  const read = fc
    .tuple(
      fc.boolean(),
      fc.uniqueArray(whole, { maxLength: 4, selector: ({ id }) => id }),
      requestIds,
      fc.boolean(),
    )
    .map(([running, messages, id, final]): Happening => {
      const inOrder = messages.toSorted((a, b) => a.createdAt - b.createdAt);
      return { type: "read", snapshot: snapshot(running, inOrder, [id]), final };
    });
  return fc.array(
    fc.oneof(
      { weight: 20, arbitrary: fact },
      { weight: 1, arbitrary: read },
      { weight: 1, arbitrary: fc.constant<Happening>({ type: "lost touch" }) },
    ),
    { maxLength: 60, size: "max" },
  );
}
