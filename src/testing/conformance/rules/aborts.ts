import { equal, fails, ok, rejection } from "../assert.ts";
import type { Rule } from "../rule.ts";
import { collect, spoken, stands, TEXT, until } from "../turn.ts";

export const abortRules: readonly Rule[] = [
  {
    number: "R21",
    says: "abort while it thinks: the turn is aborted, the session idle, and the next prompt is answered",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const call = client.session.prompt(session, await brain.wait(""));
      await stands(client, session, "running");
      await call.abort();
      const { status, error } = await call.settled();
      equal([status, error?.code], ["aborted", "PROMPT_ABORTED"], "How the turn ended");
      await stands(client, session, "idle");
      equal(await client.session.prompt(session, await brain.say(TEXT)).text(), TEXT, "The next answer");
    },
  },
  {
    number: "R22",
    says: "abort while it speaks: what was said is kept",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const call = client.session.prompt(session, await brain.wait(TEXT));
      let said = "";
      await until(
        call,
        (event) => {
          if (event.type === "text_delta") said += event.delta;
          return said === TEXT;
        },
        "the whole text",
      );
      await call.abort();
      const { status, text } = await call.settled();
      equal([status, text], ["aborted", TEXT], "How the turn ended, and its text");
      const read = (await client.session.messages(session)).at(-1);
      equal(read?.content.text, TEXT, "The text that is read later");
    },
  },
  {
    number: "R23",
    says: "abort in a tool: no tool call is left running",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const call = client.session.prompt(session, await brain.hangInTool());
      const isAtWork = (event: object) => "toolCall" in event && isRunning(event.toolCall);
      await until(call, isAtWork, "a tool call at work");
      await call.abort();
      const { status, toolCalls } = await call.settled();
      equal(status, "aborted", "How the turn ended");
      ok(toolCalls.length > 0 && !toolCalls.some(isRunning), "No tool call may be left running.");
      await stands(client, session, "idle");
      const late = await open();
      const read = (await late.session.messages(session)).flatMap(({ toolCalls = [] }) => toolCalls);
      ok(!read.some(isRunning), "No tool call may be left running in what is read later.");
    },
  },
  {
    number: "R24",
    says: "abort in a permission wait: the request is gone",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const call = client.session.prompt(session, await brain.askPermission(TEXT));
      let asked = "";
      for await (const event of call) {
        if (event.type !== "permission_requested") continue;
        asked = event.permissionId;
        await call.abort();
      }
      ok(asked, "The turn must ask for permission.");
      equal((await call.settled()).status, "aborted", "How the turn ended");
      equal(client.registry.permissions(session), [], "The requests of the session in the mirror");
      const listed = (await client.permissions.list()).map(({ permissionId }) => permissionId);
      ok(!listed.includes(asked), "A request of an aborted turn must not be listed.");
      await fails(client.permissions.reply(asked, "allow"), "PERMISSION_NOT_FOUND", "an answer to it");
    },
  },
  {
    number: "R25",
    says: "abort twice, and with nothing to abort: nothing happens",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      await client.session.abort(session);
      const speaking = spoken(client, session);
      const call = client.session.prompt(session, await brain.wait(TEXT));
      await speaking;
      await Promise.all([call.abort(), call.abort(), client.session.abort(session)]);
      equal((await call.settled()).status, "aborted", "How the turn ended");
      await call.abort();
      await client.session.abort(session);
      equal(await client.session.prompt(session, await brain.say(TEXT)).text(), TEXT, "The next answer");
    },
  },
  {
    number: "R26",
    says: "the caller's signal stops the engine, and its reason comes back unchanged",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const reason = new Error("The caller's own reason.");
      const caller = new AbortController();
      const speaking = spoken(client, session);
      const call = client.session.prompt(session, await brain.wait(TEXT), { signal: caller.signal });
      const reading = rejection(collect(call), "The iteration");
      await speaking;
      caller.abort(reason);
      ok((await reading) === reason, "The iteration must throw the signal's reason itself.");
      ok((await rejection(call.text(), "text()")) === reason, "text() must reject with the reason itself.");
      equal((await call.settled()).status, "aborted", "How the turn ended");
      await stands(client, session, "idle");
      const late = new AbortController();
      late.abort(reason);
      const listing = rejection(client.session.list({ signal: late.signal }), "list()");
      ok((await listing) === reason, "Other calls must reject with the reason itself, too.");
    },
  },
];

function isRunning(toolCall: unknown): boolean {
  const status: unknown = Reflect.get(Object(toolCall), "status");
  return status === "running" || status === "pending";
}
