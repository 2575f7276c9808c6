import type { RequestKind } from "./fake-records.ts";
import { type FakeAnswer, type FakeEngine, type FakeRoute, noSession, ok } from "./fake-routes.ts";

/** The routes that answer what the engine asks a person. */
export const fakeReplies: readonly FakeRoute[] = [
  {
    method: "POST",
    path: "/permission/:id/reply",
    answer: ({ id, directory }, engine) => reply("permission", id, directory, engine),
  },
  {
    method: "POST",
    path: "/session/:id/permissions/:other",
    answer({ id, other }, engine) {
      const session = engine.records.session(id);
      return session === undefined
        ? noSession(id)
        : reply("permission", other, session.directory ?? "", engine);
    },
  },
  ...["reply", "reject"].map(
    (verb): FakeRoute => ({
      method: "POST",
      path: `/question/:id/${verb}`,
      answer: ({ id, directory }, engine) => reply("question", id, directory, engine),
    }),
  ),
];

/** Whatever is answered, the recording goes on as it went. */
function reply(
  kind: RequestKind,
  requestId: string,
  directory: string,
  { records, replay }: FakeEngine,
): FakeAnswer {
  if (!records.requests(kind, directory).some(({ id }) => id === requestId)) {
    const [name, _tag] =
      kind === "permission"
        ? ["Permission", "PermissionNotFoundError"]
        : ["Question", "QuestionNotFoundError"];
    const message = `${name} request not found: ${requestId}`;
    return { status: 404, body: { _tag, requestID: requestId, message } };
  }
  records.dropRequest(kind, requestId);
  void replay.give(kind, requestId);
  return ok(true);
}
