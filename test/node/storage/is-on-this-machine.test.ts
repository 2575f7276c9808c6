import { expect, it } from "vitest";
import { isOnThisMachine } from "../../../src/node/storage/is-on-this-machine.ts";

it.each(["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST", "app.localhost", "::1", "[::1]", "0.0.0.0"])(
  "%s is this machine",
  (host) => expect(isOnThisMachine(host)).toBe(true),
);

it.each(["10.0.0.1", "127.example.com", "example.com", "localhost.example.com", "192.168.127.1", ""])(
  "%s is another, as far as its name says",
  (host) => expect(isOnThisMachine(host)).toBe(false),
);
