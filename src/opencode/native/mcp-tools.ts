import type { DriverReport } from "../../engine/driver.ts";
import type { DriverEvent, DriverMessage } from "../../engine/driver-events.ts";
import { reasonOf } from "../../engine/errors.ts";
import type { McpTool } from "../../engine/message.ts";
import { withDeadline } from "../../engine/scope.ts";
import type { Http } from "../../http.ts";
import { lacksRoute } from "./errors.ts";
import { markMessage, markPart, mcpNameIn } from "./mark-mcp.ts";
import { mcpToolOf } from "./mcp-names.ts";
import { mcpServersSchema, toolIdsSchema } from "./schema/server.ts";
import type { NativeSessions } from "./sessions.ts";

/** Milliseconds that the event stream waits for it. Whose tool it is can be asked again; what comes after can't wait. */
const PATIENCE_MS = 2_000;

/** By the engine's name of a tool; `undefined` is one of its own. */
type Known = ReadonlyMap<string, McpTool | undefined>;

/**
 * Says which tools are of MCP servers. The engine tells nothing but their names, so it is asked for its servers when a
 * tool is met whose name may be of one, once for each name and directory.
 */
export class McpTools {
  readonly #http: Http;
  readonly #sessions: NativeSessions;
  readonly #report: DriverReport;
  readonly #known = new Map<string | undefined, Map<string, McpTool | undefined>>();

  constructor(http: Http, sessions: NativeSessions, report: DriverReport) {
    this.#http = http;
    this.#sessions = sessions;
    this.#report = report;
  }

  /** The event with what is known of its tool. A promise only where the engine has to be asked. */
  mark(event: DriverEvent, signal: AbortSignal): DriverEvent | Promise<DriverEvent> {
    if (event.type !== "part_updated") return event;
    const name = mcpNameIn(event);
    if (name === undefined) return event;
    const { sessionId } = event;
    const known = this.#known.get(this.#sessions.knownDirectoryOf(sessionId));
    const marked = (found: Known) => ({ ...event, ...markPart(event, (one) => found.get(one)) });
    return known?.has(name) ? marked(known) : this.#ask(sessionId, signal, new Set([name])).then(marked);
  }

  async markAll(
    sessionId: string,
    messages: readonly DriverMessage[],
    signal: AbortSignal | undefined,
  ): Promise<readonly DriverMessage[]> {
    const names = new Set(messages.flatMap(({ parts = [] }) => parts.map(mcpNameIn)).filter(isSaid));
    if (names.size === 0) return messages;
    const known = this.#known.get(this.#sessions.knownDirectoryOf(sessionId));
    const isKnown = known !== undefined && [...names].every((name) => known.has(name));
    const found = isKnown ? known : await this.#ask(sessionId, signal, names);
    return messages.map((message) => markMessage(message, (name) => found.get(name)));
  }

  /** Never rejects, but when it is no longer wanted: a tool whose server is not known is told all the same. */
  async #ask(sessionId: string, wanted: AbortSignal | undefined, names: ReadonlySet<string>): Promise<Known> {
    const late = () => new Error(`The engine did not list its MCP servers in ${PATIENCE_MS} ms.`);
    try {
      return await withDeadline(PATIENCE_MS, late, [wanted], async (signal) => {
        const directory = await this.#sessions.directoryOf(sessionId, signal);
        const query = { directory };
        const [servers, own] = await Promise.all([
          this.#http.json("GET", "/mcp", mcpServersSchema, { query, signal }),
          this.#http.json("GET", "/experimental/tool/ids", toolIdsSchema, { query, signal }),
        ]);
        return this.#learn(directory, names, Object.keys(servers.value), new Set(own.value));
      });
    } catch (error) {
      wanted?.throwIfAborted();
      if (!lacksRoute(error)) {
        const message = `Whether ${[...names].join(", ")} is of an MCP server is not known: ${reasonOf(error)}`;
        this.#report.diagnostic({ level: "info", code: "mcp_unknown", message, sessionId, cause: error });
      }
      return new Map();
    }
  }

  #learn(
    directory: string | undefined,
    names: ReadonlySet<string>,
    servers: readonly string[],
    own: ReadonlySet<string>,
  ): Known {
    const known = this.#known.get(directory) ?? new Map<string, McpTool | undefined>();
    this.#known.set(directory, known);
    for (const name of names) {
      const tool = own.has(name) ? undefined : mcpToolOf(name, servers);
      // A name that the model made up: a server that is added later may have it.
      if (tool !== undefined || own.has(name)) known.set(name, tool);
    }
    return known;
  }
}

function isSaid(name: string | undefined): name is string {
  return name !== undefined;
}
