/** Writes anew the code in docs/adapters.md, from examples/custom-adapter/. */
import { readFileSync, writeFileSync } from "node:fs";

const page = new URL("adapters.md", import.meta.url);
const BLOCK = /(<!-- ([\w./-]+)(?:#(\w+))? -->\n```\w+\n).*?```/gs;

const text = readFileSync(page, "utf8").replaceAll(
  BLOCK,
  (_, head: string, file: string, region?: string) => {
    const whole = readFileSync(new URL(`../examples/custom-adapter/${file}`, import.meta.url), "utf8");
    if (region === undefined) return `${head}${whole}\`\`\``;
    const [, part = ""] = new RegExp(`// #region ${region}\\n(.*?)// #endregion`, "s").exec(whole) ?? [];
    return `${head}${part}\`\`\``;
  },
);
writeFileSync(page, text);
