import type { EngineCapability } from "../../../engine/capabilities.ts";
import type { EngineConnection } from "../../../engine/driver.ts";
import { equal, fails, ok } from "../assert.ts";
import type { Rule } from "../rule.ts";
import { spoken, stands, TEXT } from "../turn.ts";
import { unknownLike } from "../unknown-like.ts";

export const errorRules: readonly Rule[] = [
  {
    number: "R37",
    says: "a session that is not there is SESSION_NOT_FOUND, whatever is asked of it",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const { id } = await create(client);
      const unknown = unknownLike(id);
      const { session } = client;
      await fails(session.get(unknown), "SESSION_NOT_FOUND", "get() of an unknown session");
      await fails(session.messages(unknown), "SESSION_NOT_FOUND", "messages() of an unknown session");
      await fails(session.abort(unknown), "SESSION_NOT_FOUND", "abort() of an unknown session");
      const prompted = session.prompt(unknown, await brain.say(TEXT)).text();
      await fails(prompted, "SESSION_NOT_FOUND", "prompt() of an unknown session");
    },
  },
  {
    number: "R38",
    says: "a provider that fails has a code that says so, and the turn comes with the error",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const call = client.session.prompt(session, await brain.fail());
      const { status, error } = await call.settled();
      equal(status, "error", "How the turn ended");
      const { code = "none", message = "" } = error ?? {};
      ok(PROVIDER_FAILURES.has(code), `A provider's failure has one of the codes ${list()}, not ${code}.`);
      ok(message.length > 0, "The error must say what happened.");
      const thrown = await fails(call.text(), code, "text()");
      ok("result" in thrown, "The error must carry the turn as far as it came.");
    },
  },
  {
    number: "R39",
    says: 'a busy session refuses with SESSION_RUNNING where ifRunning is "reject", and goes on',
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const speaking = spoken(client, session);
      const first = client.session.prompt(session, await brain.wait(TEXT));
      await speaking;
      const second = client.session.prompt(session, await brain.say("Refused."), { ifRunning: "reject" });
      await fails(second.text(), "SESSION_RUNNING", "a prompt to a busy session");
      equal(client.registry.get(session)?.status, "running", "The status of the busy session");
      await first.abort();
      await first.settled();
      await stands(client, session, "idle");
      const said = (await client.session.messages(session)).filter(({ role }) => role === "user");
      equal(said.length, 1, "The number of prompts that reached the engine");
    },
  },
  {
    number: "R40",
    says: "what the capabilities promise is there",
    needsDriver: true,
    async check({ driver: make, signal }) {
      const driver = await make();
      const report = { alive: () => {}, beat: () => {}, retryAfter: () => {}, diagnostic: () => {} };
      const connection = await driver.connect({ signal, report });
      const capabilities = connection.capabilities ?? driver.capabilities;
      const missing = Object.entries(METHODS).flatMap(([capability, methods]) => {
        const isPromised = Reflect.get(capabilities, capability) === true;
        return isPromised ? methods.filter((method) => connection[method] === undefined) : [];
      });
      await connection.close();
      await driver.dispose?.();
      equal(missing, [], "The methods that its capabilities promise and the connection lacks");
    },
  },
];

const PROVIDER_FAILURES: ReadonlySet<string> = new Set([
  "PROVIDER_ERROR",
  "AUTH_REQUIRED",
  "RATE_LIMITED",
  "CONTEXT_OVERFLOW",
]);
const list = () => [...PROVIDER_FAILURES].join(", ");

const METHODS: Partial<Record<EngineCapability, readonly (keyof EngineConnection)[]>> = {
  storeMessage: ["storeMessage"],
  permissions: ["listPermissions", "replyPermission"],
  diff: ["diff"],
  summarize: ["summarize"],
  questions: ["listQuestions", "replyQuestion"],
  updateSession: ["updateSession"],
  deleteSession: ["deleteSession"],
  fork: ["forkSession"],
  revert: ["revertSession", "unrevertSession"],
  todo: ["todo"],
  mcp: ["mcp"],
  models: ["listModels"],
  commands: ["listCommands"],
  providers: ["listProviders"],
  agents: ["listAgents"],
  request: ["request"],
};
