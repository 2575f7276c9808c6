import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { download } from "../../src/http/download.ts";

/** Serves every request so; resolves with the address. */
async function serve(answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file?key=secret`;
}

describe("a download", () => {
  it("has the bytes and the kind, without its parameters", async () => {
    const url = await serve((response) =>
      response.setHeader("content-type", "Text/Plain; charset=utf-8").end("hi"),
    );
    const { bytes, mimeType } = await download(url, undefined);
    expect([new TextDecoder().decode(bytes), mimeType]).toEqual(["hi", "text/plain"]);
  });

  it("that never ends is refused at its limit, and let go", async () => {
    const closed = Promise.withResolvers<void>();
    const url = await serve((response) => {
      const chunk = Buffer.alloc(1024 * 1024);
      const more = () => {
        while (response.write(chunk));
      };
      response.on("drain", more).on("close", closed.resolve);
      more();
    });
    await expect(download(url, undefined)).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringMatching(/\/file is larger than 32 MiB\.$/),
    });
    await closed.promise;
  });

  it("that breaks off is refused, without the query of its address", async () => {
    const url = await serve((response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("half", () => response.destroy());
    });
    const error: unknown = await download(url, undefined).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining("can't be fetched"),
    });
    expect(String(error)).not.toContain("secret");
  });

  it("ends with its caller's signal, with the signal's reason", async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort(new Error("Enough.")));
    await expect(download(url, controller.signal)).rejects.toThrow("Enough.");
  });
});
