import { expect, it, vi } from "vitest";
import { Link } from "../../src/hub/link.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { rejection } from "./support.ts";

const report = { alive: () => {}, beat: () => {}, retryAfter: () => {}, diagnostic: () => {} };

it("makes no connection after dispose()", async () => {
  const engine = createMockEngine();
  const connect = vi.fn(engine.connect);
  const link = new Link({ ...engine, connect }, report);
  await link.dispose();
  expect(await rejection(link.connection())).toBe(link.signal.reason);
  expect(connect).not.toHaveBeenCalled();
});

it("reports a connection that can't be closed, and is disposed of all the same", async () => {
  const engine = createMockEngine();
  const diagnostic = vi.fn();
  const cause = new Error("stuck");
  const link = new Link(
    {
      ...engine,
      connect: async (options) => ({
        ...(await engine.connect(options)),
        close: () => Promise.reject(cause),
      }),
    },
    { ...report, diagnostic },
  );
  await link.connection();
  await link.dispose();
  expect(diagnostic).toHaveBeenCalledWith(expect.objectContaining({ code: "close_failed", cause }));
});
