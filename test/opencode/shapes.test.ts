import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  continuesTurn,
  decodeMessage,
  decodeMessageInfo,
  decodePart,
  decodeSession,
} from "../../src/opencode/native/decode.ts";
import { decodeFileDiff } from "../../src/opencode/native/decode-diff.ts";
import { fileDiffSchema } from "../../src/opencode/native/schema/diff.ts";
import { eventSchemas } from "../../src/opencode/native/schema/events.ts";
import {
  messageSchema,
  type WireMessageInfo,
  type WirePart,
} from "../../src/opencode/native/schema/message.ts";
import { sessionSchema } from "../../src/opencode/native/schema/session.ts";
import {
  isFileDiff,
  isMessage,
  isMessageEvent,
  isPartEvent,
  isSession,
} from "../../src/opencode/native/shapes.ts";
import { recordedCalls } from "./recording.ts";

const fixtures = join(import.meta.dirname, "../fixtures/opencode");

const LEFT = "left to the schema";
const RUNS = { numRuns: 3_000 };

/** What may stand where something else is due. Also what JSON can't say: nobody promises that it comes from JSON. */
const odd = fc.constantFrom<unknown>(
  ...[null, undefined, true, false, 0, 1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, "", "text", "pending"],
  ...[{}, [], [1], { start: "x" }, { start: 1, end: null }, new Date(0), new Map(), () => 0],
  ...[
    JSON.parse('{"__proto__":{"a":1},"b":2}'),
    { constructor: "c" },
    { providerID: "p" },
    { input: 1, output: 2 },
  ],
);

/** Sets or removes what stands at a path of keys. */
function put(value: unknown, [key, ...rest]: readonly string[], inner: unknown, absent: boolean): unknown {
  if (key === undefined || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => put(item, [key, ...rest], inner, absent));
  const copy: Record<string, unknown> = { ...value };
  if (rest.length > 0) copy[key] = put(copy[key], rest, inner, absent);
  else if (absent) delete copy[key];
  else copy[key] = inner;
  return copy;
}

/** What the engine sends, with up to three places changed. */
function nearly(base: unknown, paths: readonly string[]): fc.Arbitrary<unknown> {
  const change = fc.tuple(fc.constantFrom(...paths), odd, fc.boolean());
  return fc
    .array(change, { maxLength: 3 })
    .map((changes) =>
      changes.reduce((value, [path, inner, absent]) => put(value, path.split("."), inner, absent), base),
    );
}

const time = { start: 1, end: 2 };
const diff = { file: "a.ts", patch: "@@ -1 +1 @@\n-a\n+b", additions: 1, deletions: 1, status: "modified" };
const part: WirePart = {
  ...{ id: "prt_1", sessionID: "ses_1", messageID: "msg_1", type: "tool", text: "t", synthetic: true, time },
  ...{ auto: true, mime: "image/png", url: "data:", filename: "f", tool: "bash", callID: "call_1" },
  metadata: { compaction_continue: true },
  state: {
    ...{ status: "completed", input: { command: "ls" }, output: "o", error: "e", title: "ls", time },
    metadata: { output: "o", filediff: diff },
    attachments: [{ mime: "image/png", url: "data:", filename: "f" }],
  },
};
const info: WireMessageInfo = {
  ...{ id: "msg_1", sessionID: "ses_1", role: "assistant", time: { created: 1, completed: 2 } },
  ...{ parentID: "msg_0", model: { providerID: "p", modelID: "m", id: "i" }, providerID: "p", modelID: "m" },
  tokens: { input: 1, output: 2, reasoning: 3, cache: { read: 4, write: 5 } },
  ...{ cost: 0.1, finish: "stop", summary: true, error: null },
};
const session = {
  ...{ id: "ses_1", title: "T", directory: "/a", parentID: "ses_0", model: { providerID: "p", id: "m" } },
  time: { created: 1, updated: 2, archived: 3 },
  metadata: { starred: true, x: {} },
  revert: null,
};
const state = [
  "status",
  "input",
  "input.x",
  "output",
  "error",
  "title",
  "time",
  "time.start",
  "time.end",
  "metadata",
  "attachments",
  "attachments.mime",
  "attachments.url",
  "attachments.filename",
];
const partPaths = [
  ...["id", "sessionID", "messageID", "type", "text", "synthetic", "auto", "metadata", "time", "time.start"],
  ...["time.end", "mime", "url", "filename", "tool", "callID", "state", "metadata.compaction_continue"],
  ...[...state, "metadata.output", "metadata.filediff"].map((path) => `state.${path}`),
];
const infoPaths = [
  ...["id", "sessionID", "role", "time", "time.created", "time.completed", "parentID", "model", "providerID"],
  ...["model.providerID", "model.id", "model.modelID", "modelID", "tokens", "tokens.input", "tokens.output"],
  ...[
    "tokens.reasoning",
    "tokens.cache",
    "tokens.cache.read",
    "tokens.cache.write",
    "cost",
    "finish",
    "error",
    "summary",
  ],
];
const below = (key: string, paths: readonly string[]) => [key, ...paths.map((path) => `${key}.${path}`)];
const message = { info, parts: [part, { ...part, id: "prt_2", type: "text" }] };
const sessionPaths = [
  "id",
  "title",
  "directory",
  "parentID",
  "model",
  "model.providerID",
  "model.id",
  "model.modelID",
  "metadata",
  "metadata.starred",
  "revert",
];

/** Left to the schema: errors, which are seldom, and inputs with keys that JavaScript takes for more than names. */
function isLeftToSchema(value: unknown): boolean {
  const text = JSON.stringify(value, (key, inner: unknown) =>
    key === "error" && typeof inner === "object" && inner !== null ? LEFT : inner,
  );
  return /"(?:left to the schema|__proto__|constructor)"/.test(text ?? "");
}

interface Shape<T> {
  readonly is: (value: unknown) => value is T;
  readonly schema: {
    parse(value: unknown): T;
    safeParse(value: unknown): { readonly success: boolean };
  };
  readonly decode: (wire: T) => unknown;
  readonly values: fc.Arbitrary<unknown>;
}

function describeShape<T>(name: string, { is, schema, decode, values }: Shape<T>): void {
  describe(name, () => {
    it("takes what its schema takes, and nothing else", () => {
      fc.assert(
        fc.property(fc.oneof({ weight: 5, arbitrary: values }, fc.anything()), (value) => {
          const { success } = schema.safeParse(value);
          if (is(value)) expect(success).toBe(true);
          else if (success) expect(isLeftToSchema(value)).toBe(true);
        }),
        RUNS,
      );
    });

    it("leaves nothing to be decoded that the schema takes away", () => {
      fc.assert(
        fc.property(values, (value) => {
          if (is(value)) expect(decode(value)).toEqual(decode(schema.parse(value)));
        }),
        RUNS,
      );
    });
  });
}

describeShape("isSession", {
  is: isSession,
  schema: sessionSchema,
  decode: decodeSession,
  values: nearly(session, [...sessionPaths, ...below("time", ["created", "updated", "archived"])]),
});
describeShape("isMessage", {
  is: isMessage,
  schema: messageSchema,
  decode: decodeMessage,
  values: nearly(message, [...below("info", infoPaths), ...below("parts", partPaths)]),
});
describeShape("isMessageEvent", {
  is: isMessageEvent,
  schema: eventSchemas["message.updated"],
  decode: ({ info }) => decodeMessageInfo(info),
  values: nearly({ info }, below("info", infoPaths)),
});
describeShape("isPartEvent", {
  is: isPartEvent,
  schema: eventSchemas["message.part.updated"],
  decode: ({ part }) => [decodePart(part), continuesTurn(part)],
  values: nearly({ part }, below("part", partPaths)),
});
describeShape("isFileDiff", {
  is: isFileDiff,
  schema: fileDiffSchema,
  decode: decodeFileDiff,
  values: nearly(diff, ["file", "patch", "additions", "deletions", "status"]),
});

it("the messages that the engine sends are read without their schema", () => {
  const messages = readdirSync(fixtures)
    .filter((name) => name.endsWith(".http.json"))
    .flatMap((name) => recordedCalls(name.slice(0, -".http.json".length)))
    .filter(({ method, path, status }) => method === "GET" && path.endsWith("/message") && status === 200)
    .flatMap(({ responseBody }): readonly unknown[] => (Array.isArray(responseBody) ? responseBody : []));
  expect(messages.length).toBeGreaterThan(50);
  for (const one of messages) expect(isMessage(one)).toBe(!isLeftToSchema(one));
});
