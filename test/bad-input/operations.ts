import type { OpenCodeClient } from "../../src/index.ts";

/** What people do first with a client, and what each of it asks for. */
export const operations = {
  list: (client: OpenCodeClient) => client.session.list(),
  create: (client: OpenCodeClient) => client.session.create(),
  prompt: (client: OpenCodeClient) => client.session.prompt("ses_1", "Hello").text(),
  connect: (client: OpenCodeClient) => client.connect(),
  events: async (client: OpenCodeClient) => {
    for await (const event of client.events) throw new Error(`There is no event to come: ${event.type}`);
  },
} satisfies Record<string, (client: OpenCodeClient) => Promise<unknown>>;

export type Operation = keyof typeof operations;

export const operationNames: readonly Operation[] = ["list", "create", "prompt", "connect", "events"];
