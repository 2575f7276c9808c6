import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A connection whose every byte the test chooses. */
export interface RawConnection {
  readonly socket: Socket;
  /** All that has come so far. */
  received(): string;
  /** Resolves when so much has come, or it never will. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves when the server has closed its side. */
  readonly closed: Promise<void>;
}

export interface RawOptions {
  /** Does not read until it is told to. */
  readonly paused?: boolean;
}

/** Sends this, and listens. Destroyed with the test. */
export async function openRaw(
  port: number,
  text = "",
  { paused = false }: RawOptions = {},
): Promise<RawConnection> {
  // Half of it may be closed.
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  let received = "";
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  // What the server resets is closed, too.
  socket
    .on("error", () => resolve())
    .on("end", resolve)
    .on("close", () => resolve());
  await once(socket, "connect");
  if (!paused) socket.setEncoding("latin1").on("data", (chunk: string) => (received += chunk));
  socket.write(text);
  return {
    socket,
    closed,
    received: () => received,
    async until(pattern) {
      for (;;) {
        const found = pattern.exec(received);
        if (found !== null) return found;
        if (socket.destroyed || socket.readableEnded)
          throw new Error(`It ended with: ${received.slice(-500)}`);
        await Promise.race([once(socket, "data"), closed]);
      }
    },
  };
}

/** The head of a request, with these headers. */
export function requestHead(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const all = { Host: "localhost", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `${[`${method} ${path} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n`;
}

/** The status of what is answered to it; the connection is left. */
export async function statusOf(port: number, text: string): Promise<number> {
  const { until, socket } = await openRaw(port, text);
  const [, status] = await until(/^HTTP\/1\.1 (\d{3}) /);
  socket.destroy();
  return Number(status);
}
