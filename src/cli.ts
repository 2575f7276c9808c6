#!/usr/bin/env node
import { runCommand } from "./cli/run-command.ts";

// `doctor | head -1`: whoever has read enough closes the pipe, and that is no crash.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = await runCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
