import type { EngineConnection } from "../../engine/driver.ts";
import type { SessionSnapshot, SnapshotRequest } from "../../engine/driver-requests.ts";

/** At most so many, while each shows another message that is open: somebody else is at work there. */
const READINGS = 3;

/**
 * Reads sessions, and those that look as if another process ran them once more. Messages are read before it is known
 * what the engine runs: a turn of its own that ends between both seems to go on without it. What is open in both
 * readings, and was not at work between them, does.
 */
export async function readTwice(
  connection: Pick<EngineConnection, "snapshot">,
  request: SnapshotRequest,
  isSuspect: (read: SessionSnapshot) => boolean,
): Promise<readonly SessionSnapshot[]> {
  const latest = new Map((await connection.snapshot(request)).map((one) => [one.session.id, one]));
  let unsure = [...latest.values()].filter(isSuspect);
  for (let reading = 2; unsure.length > 0 && reading <= READINGS; reading += 1) {
    const sessionIds = unsure.map(({ session }) => session.id);
    const { signal } = request;
    const again = await connection.snapshot({ sessionIds, withMessages: sessionIds, signal });
    const found = new Map(again.map((one) => [one.session.id, one]));
    for (const id of sessionIds) {
      const one = found.get(id);
      // Without one it was deleted meanwhile.
      if (one === undefined) latest.delete(id);
      else latest.set(id, one);
    }
    const before = new Map(unsure.map((one) => [one.session.id, newestOf(one)]));
    unsure = again.filter((one) => isSuspect(one) && newestOf(one) !== before.get(one.session.id));
  }
  return [...latest.values()];
}

function newestOf({ messages }: SessionSnapshot): string | undefined {
  return messages?.at(-1)?.id;
}
