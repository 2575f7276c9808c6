/** Holds a lock until it is killed. */
import { withLock } from "../../../src/node/process/lock.ts";

await withLock(process.argv[2] ?? "", 1000, async () => {
  process.stdout.write("held\n");
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});
