import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { type Page, readPage, readPages } from "./support/code-examples.ts";

const pages = readPages();

it("every link leads to what is there", () => {
  const links = pages.flatMap(({ name, path, text }) =>
    [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = ""]) => ({ name, path, to })),
  );
  expect(links.length).toBeGreaterThan(150);
  const dead = links.filter(({ to, path }) => !/^https?:/.test(to) && !leadsSomewhere(to, path));
  expect(dead.map(({ name, to }) => `${name}: ${to}`)).toEqual([]);
});

it("every guide is in the table of the README", () => {
  const { text } = readPage("README.md");
  const guides = pages.filter(({ name }) => name.startsWith("docs/"));
  expect(guides.filter(({ name }) => !text.includes(`(${name}`)).map(({ name }) => name)).toEqual([]);
});

it("files that pages name in passing are there", () => {
  const named = pages.flatMap(({ name, text }) =>
    [...text.matchAll(/`((?:docs(?!\/api)|examples|src|test|bench|\.ci)\/[\w./-]+)`/g)].map(
      ([, file = ""]) => ({
        name,
        file,
      }),
    ),
  );
  const root = dirname(readPage("README.md").path);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ file }) => !existsSync(join(root, file)))).toEqual([]);
});

function leadsSomewhere(to: string, from: string): boolean {
  const [file = "", anchor] = to.split("#");
  const path = file === "" ? from : join(dirname(from), file);
  if (!existsSync(path)) return false;
  if (anchor === undefined) return true;
  return !statSync(path).isDirectory() && anchorsOf(pageAt(path)).includes(anchor);
}

function pageAt(path: string): Page | undefined {
  return pages.find((page) => page.path === path);
}

/** As GitHub makes them of headings. */
function anchorsOf(page: Page | undefined): readonly string[] {
  const headings = [...withoutCode(page?.text ?? "").matchAll(/^#+ (.+)$/gm)];
  return headings.map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, "");
}
