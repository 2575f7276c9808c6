import { readdir, readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { v1Routes } from "../../src/v1/paths.ts";

it("every route of the contract has its tests, in a describe block of its name", async () => {
  const folder = new URL("./", import.meta.url);
  const files = (await readdir(folder)).filter((name) => name.endsWith(".test.ts"));
  const texts = await Promise.all(files.map((name) => readFile(new URL(name, folder), "utf8")));
  const described = texts.flatMap((text) =>
    [...text.matchAll(/^describe\("([^"]+)"/gm)].map(([, name]) => name),
  );
  const routes = Object.values(v1Routes).map(({ method, path }) => `${method} ${path}`);
  expect(described.toSorted()).toEqual(routes.toSorted());
});
