/* Run by lost.test.ts in a process of its own: has a database open, as an engine does, until it is killed. */
import { DatabaseSync } from "node:sqlite";

const db = new DatabaseSync(process.argv[2] ?? "");
db.prepare("SELECT count(*) FROM session").get();
process.stdout.write("open\n");
process.stdin.resume();
