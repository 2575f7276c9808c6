/** Starts an engine and waits to be killed. */
import { startKeeper } from "../../../src/node/process/start-keeper.ts";

const { lease } = await startKeeper(JSON.parse(process.argv[2] ?? "{}"));
process.stdout.write(JSON.stringify(lease.engine));
setInterval(() => {}, 1000);
