import { randomUUID } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withDeadline } from "../../engine/scope.ts";
import { type LeaseNews, type LeaseWord, onMessage, tell } from "./wire.ts";

/** Who decides about leases. */
export interface LeaseOwner {
  /** A newcomer: what to tell it. `stopping`: it gets no lease. */
  welcome(): Extract<LeaseNews, { type: "welcome" | "stopping" }>;
  /** A holder has given its lease back and waits for the word. */
  onRelease(): Promise<Extract<LeaseNews, { type: "released" | "stopped" }>>;
  /** A holder is gone. */
  onGone(): void;
}

/** Sockets have room for about 100 bytes. */
const LONGEST_PATH = 90;
const LAST_WORDS_MS = 500;

/**
 * A lease is an open connection: the kernel closes it when its holder dies, however it dies. The socket is in a folder
 * that only this user may enter.
 */
export class LeaseServer {
  readonly path: string;
  readonly #folder: string | undefined;
  readonly #owner: LeaseOwner;
  readonly #server: Server;
  readonly #holders = new Set<Socket>();
  readonly #sockets = new Set<Socket>();
  readonly #releasing = new Set<Promise<void>>();

  private constructor(path: string, folder: string | undefined, owner: LeaseOwner) {
    this.path = path;
    this.#folder = folder;
    this.#owner = owner;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async open(owner: LeaseOwner): Promise<LeaseServer> {
    const folder = process.platform === "win32" ? undefined : await makeFolder();
    const path = folder === undefined ? `\\\\.\\pipe\\quantumreef-${randomUUID()}` : join(folder, "lease");
    const server = new LeaseServer(path, folder, owner);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.#server.once("error", reject).listen(path, resolve);
    await promise;
    return server;
  }

  /** How many there are. */
  get count(): number {
    return this.#holders.size;
  }

  tellAll(news: LeaseNews): void {
    for (const socket of this.#holders) tell(socket, news);
  }

  /** Whoever waits has the last word. That it is over he sees by the end of this process, which comes next. */
  async close(): Promise<void> {
    this.#server.close();
    await Promise.all(this.#releasing);
    const late = () => new Error("A holder does not read.");
    const flushed = [...this.#sockets].map(
      (socket) => new Promise<void>((resolve) => void socket.write("", () => resolve())),
    );
    await withDeadline(LAST_WORDS_MS, late, [], () => Promise.all(flushed)).catch(() => {});
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  #accept(socket: Socket): void {
    // Whatever befalls it, "close" comes after.
    socket.on("error", () => {});
    this.#sockets.add(socket);
    socket.on("close", () => this.#drop(socket));
    const welcome = this.#owner.welcome();
    tell(socket, welcome);
    if (welcome.type === "stopping") return;
    this.#holders.add(socket);
    onMessage<LeaseWord>(socket, () => {
      const releasing = this.#release(socket);
      this.#releasing.add(releasing);
      void releasing.then(() => this.#releasing.delete(releasing));
    });
  }

  async #release(socket: Socket): Promise<void> {
    if (!this.#holders.delete(socket)) return;
    const word = await this.#owner.onRelease();
    tell(socket, word);
    if (word.type === "released") socket.end();
  }

  #drop(socket: Socket): void {
    this.#sockets.delete(socket);
    if (this.#holders.delete(socket)) this.#owner.onGone();
  }
}

async function makeFolder(): Promise<string> {
  const usual = join(tmpdir(), "qr-XXXXXX", "lease");
  const parent = Buffer.byteLength(usual) > LONGEST_PATH ? "/tmp" : tmpdir();
  const folder = await mkdtemp(join(parent, "qr-"));
  await chmod(folder, 0o700);
  return folder;
}
