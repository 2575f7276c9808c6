import type { FileDiff } from "../../engine/message.ts";
import type { PermissionRequest } from "../../engine/permission.ts";
import { decodeFileDiff } from "./decode.ts";
import { patchedFilesSchema, type WirePermission } from "./schema.ts";

export function decodePermission(wire: WirePermission, createdAt: number): PermissionRequest {
  const { id, sessionID, permission, patterns, always, metadata, tool } = wire;
  const diff = decodeChange(metadata ?? {});
  return {
    permissionId: id,
    sessionId: sessionID,
    tool: permission,
    description: describe(permission, metadata?.command, patterns ?? []),
    createdAt,
    ...(patterns ? { patterns } : {}),
    ...(always ? { sessionPatterns: always } : {}),
    ...(tool ? { messageId: tool.messageID } : {}),
    ...(tool?.callID ? { toolCallId: tool.callID } : {}),
    ...(diff ? { diff } : {}),
  };
}

/** What an edit is about to change: one file, or all those of a patch. */
function decodeChange({
  filepath,
  diff,
  files,
}: Readonly<Record<string, unknown>>): readonly FileDiff[] | undefined {
  const patched = patchedFilesSchema.safeParse(files);
  if (patched.success) {
    return patched.data.map(({ filePath, movePath, type, ...change }) =>
      decodeFileDiff({ ...change, file: movePath ?? filePath, status: STATUS_OF.get(type ?? "") }),
    );
  }
  if (typeof diff !== "string" || typeof filepath !== "string") return undefined;
  return [decodeFileDiff({ file: filepath, patch: diff })];
}

const STATUS_OF: ReadonlyMap<string, FileDiff["status"]> = new Map([
  ["add", "added"],
  ["delete", "deleted"],
  ["update", "modified"],
  ["move", "modified"],
]);

function describe(permission: string, command: unknown, patterns: readonly string[]): string {
  const what = patterns.join(", ");
  if (typeof command === "string") return `Run \`${command}\``;
  if (permission === "edit") return `Change ${what}`;
  if (permission === "external_directory") return `Reach outside the working directory: ${what}`;
  return what === "" ? `Use ${permission}` : `Use ${permission} on ${what}`;
}
