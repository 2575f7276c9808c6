/*
 * Run by files.test.ts in a process of its own: prints what it reads of a database, as a user without special rights
 * (root may write everywhere, so nothing is read-only for it).
 */
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { openHistory } from "../../../src/node/history/open-history.ts";

const [path = "", ending = ""] = process.argv.slice(2);
const NOBODY = 65_534;
if (process.getuid?.() === 0) {
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}
const copies = () => readdirSync(tmpdir()).filter((name) => name.startsWith("quantumreef-history-")).length;
const titles: string[] = [];
const history = await openHistory({ path });
for await (const { title } of history.sessions()) titles.push(title);
const { isCopy } = history;
const during = copies();
if (ending === "close") await history.close();
process.stdout.write(JSON.stringify({ titles, isCopy, during, after: copies() }));
