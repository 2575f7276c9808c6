/**
 * What stored history costs beside the bare floor: the same rows by SQL, and JSON.parse of their JSON columns.
 *
 *     npm run bench:history                                   # 10,000 sessions, 600 MB, removed afterwards
 *     npm run bench:history -- --megabytes 60 --sessions 1000 --folder /var/tmp
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { openHistory } from "@quantumreef/engine-client/node";
import { compare, timeOf } from "./support/compare.ts";
import { buildDatabase } from "./support/history-database.ts";
import { createFloor } from "./support/history-floor.ts";

const recorded = join(import.meta.dirname, "../test/fixtures/opencode/opencode.db");
const { values } = parseArgs({
  options: {
    folder: { type: "string", default: tmpdir() },
    sessions: { type: "string", default: "10000" },
    megabytes: { type: "string", default: "600" },
    rounds: { type: "string", default: "41" },
    /** Leaves out the loop over everything. */
    quick: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const say = (text: string) => process.stdout.write(`${text}\n`);
const ms = (time: number) => `${time.toFixed(time < 10 ? 2 : 1)} ms`;

const folder = mkdtempSync(join(values.folder, "quantumreef-bench-"));
try {
  const path = join(folder, "opencode.db");
  const size = { sessions: Number(values.sessions), megabytes: Number(values.megabytes) };
  const built = buildDatabase(path, recorded, size);
  say(
    `${size.sessions} sessions, ${built.parts} parts, ${Math.round(built.bytes / 1e6)} MB, Node ${process.version}`,
  );

  const db = new DatabaseSync(path, { readOnly: true });
  const floor = createFloor(db);
  const history = await openHistory({ path });
  const latest = async (limit?: number) => {
    let count = 0;
    for await (const _ of history.sessions({ limit })) count++;
    return count;
  };

  const row = (name: string, { ours, floor, ratio }: Awaited<ReturnType<typeof compare>>) =>
    say(`${name.padEnd(44)} ${ms(ours).padStart(9)}  floor ${ms(floor).padStart(9)}  ${ratio.toFixed(2)}x`);
  row(
    "latest 100 sessions, rows of sessions alone",
    await compare(
      rounds,
      () => latest(100),
      () => floor.sessions(100),
    ),
  );
  row(
    "latest 100 sessions, and how each rests",
    await compare(
      rounds,
      () => latest(100),
      () => floor.restingSessions(100),
    ),
  );
  row(
    "one session: 400 messages, 2,000 parts",
    await compare(
      rounds,
      () => history.messages(built.longId),
      () => floor.messages(built.longId),
    ),
  );
  row(
    "its last 50 messages",
    await compare(
      rounds,
      () => history.messages(built.longId, { limit: 50 }),
      () => floor.messages(built.longId, 50),
    ),
  );

  if (!values.quick) {
    const heap = () => {
      globalThis.gc?.();
      return process.memoryUsage().heapUsed / 1e6;
    };
    const heaps: number[] = [];
    let messages = 0;
    const time = await timeOf(async () => {
      let count = 0;
      for await (const session of history.sessions()) {
        messages += (await history.messages(session)).length;
        if (count++ % 1_000 === 0) heaps.push(heap());
      }
    });
    say(
      `all ${messages} messages in ${(time / 1000).toFixed(1)} s; heap in MB: ${heaps.map((mb) => mb.toFixed(1)).join(" ")}`,
    );
  }
  await history.close();
  db.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
