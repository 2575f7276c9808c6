import type { PermissionRequest } from "../../engine/permission.ts";
import { diffOfMetadata } from "./decode-diff.ts";
import type { WirePermission } from "./schema/requests.ts";

export function decodePermission(wire: WirePermission, createdAt: number): PermissionRequest {
  const { id, sessionID, permission, patterns, always, metadata, tool } = wire;
  const diff = diffOfMetadata(metadata);
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

function describe(permission: string, command: unknown, patterns: readonly string[]): string {
  const what = patterns.join(", ");
  if (typeof command === "string") return `Run \`${command}\``;
  if (permission === "edit") return `Change ${what}`;
  if (permission === "external_directory") return `Reach outside the working directory: ${what}`;
  return what === "" ? `Use ${permission}` : `Use ${permission} on ${what}`;
}
