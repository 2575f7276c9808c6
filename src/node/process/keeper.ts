/**
 * A small program of its own, detached from whoever started it: the parent of one engine. No engine that this package
 * starts is ever without it, so none outlives its last user, however that ends. Never imported.
 */
import { Keeper } from "./keeper-life.ts";
import { type KeeperOrder, onMessage, tell } from "./wire.ts";

// Nobody has to listen: the starter may be gone.
process.stdout.on("error", () => {});

onMessage<KeeperOrder>(process.stdin, (order) => {
  const keeper = new Keeper(order);
  process.stdin.on("close", () => keeper.starterGone());
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => void keeper.end(`Its keeper was asked to end by ${signal}.`));
  }
  process.on("uncaughtException", (error) => void keeper.end(`Its keeper failed: ${error.message}`));
  void keeper.run((report) => tell(process.stdout, report)).finally(() => process.exit());
});
