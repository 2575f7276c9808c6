import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { browserPackages, nodeGlobals } from "./rules.ts";
import { importsOf, lineOf, nodesOf, parse, type Source, type Violation } from "./source.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const builtins: ReadonlySet<string> = new Set(builtinModules);

/** Builds the package with its own configuration, without types, to another folder. */
export async function buildTo(outDir: string): Promise<void> {
  // The command, not its API: the types of tsup do not compile with `skipLibCheck: false`.
  const tsup = join(root, "node_modules/tsup/dist/cli-default.js");
  await promisify(execFile)(process.execPath, [tsup, "--no-dts", "--silent", "--out-dir", outDir], {
    cwd: root,
  });
}

/** The entry and every chunk that it reaches, by static and by dynamic imports. */
export async function readReachable(
  entry: string,
  read: (path: string) => Promise<string>,
): Promise<Source[]> {
  const reached = new Map<string, Source>();
  const queue = [entry];
  for (const path of queue) {
    if (reached.has(path)) continue;
    const source = parse(path, await read(path));
    reached.set(path, source);
    for (const { specifier } of importsOf(source)) {
      if (specifier?.startsWith(".")) queue.push(posix.join(posix.dirname(path), specifier));
    }
  }
  return [...reached.values()];
}

export const readFrom = (folder: string) => (path: string) => readFile(join(folder, path), "utf8");

/** What a browser would not have: Node's modules and globals, and packages that are too big or not meant for it. */
export function checkBrowserBundle(chunks: readonly Source[]): Violation[] {
  return chunks.flatMap((chunk) => [...foreignImports(chunk), ...nodeNames(chunk)]);
}

function foreignImports(chunk: Source): Violation[] {
  return importsOf(chunk)
    .filter(({ specifier }) => !specifier?.startsWith(".") && !browserPackages.has(specifier ?? ""))
    .map(({ specifier, line }) => ({
      rule: "browser bundle",
      path: chunk.path,
      line,
      found: `import "${specifier}"`,
      why: isBuiltin(specifier ?? "") ? "browsers do not have it" : "the browser entry must not need it",
    }));
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith("node:") || builtins.has(specifier);
}

function nodeNames({ path, ast }: Source): Violation[] {
  const nodes = [...nodesOf(ast)];
  const declared = new Set(nodes.filter(isDeclarationName).map((node) => node.text));
  return nodes
    .filter((node) => isNodeGlobal(node, declared) || isNodeModuleName(node))
    .map((node) => ({
      rule: "browser bundle",
      path,
      line: lineOf(node),
      found: node.getText(ast),
      why: "browsers do not have it",
    }));
}

function isDeclarationName(node: ts.Node): node is ts.Identifier {
  if (!ts.isIdentifier(node)) return false;
  const { parent } = node;
  const declares =
    ts.isVariableDeclaration(parent) ||
    ts.isParameter(parent) ||
    ts.isBindingElement(parent) ||
    ts.isFunctionLike(parent) ||
    ts.isClassLike(parent) ||
    ts.isImportSpecifier(parent) ||
    ts.isImportClause(parent) ||
    ts.isNamespaceImport(parent);
  return declares && "name" in parent && parent.name === node;
}

function isNodeGlobal(node: ts.Node, declared: ReadonlySet<string>): boolean {
  if (!ts.isIdentifier(node) || !nodeGlobals.has(node.text)) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    return parent.expression.getText() === "globalThis";
  }
  const isKey = "name" in parent && parent.name === node && !ts.isShorthandPropertyAssignment(parent);
  const isExportName = ts.isExportSpecifier(parent) || ts.isBindingElement(parent);
  return !isKey && !isExportName && !declared.has(node.text);
}

function isNodeModuleName(node: ts.Node): boolean {
  return ts.isStringLiteralLike(node) && node.text.startsWith("node:") && !isImported(node);
}

/** `foreignImports` tells of those. */
function isImported({ parent }: ts.Node): boolean {
  if (ts.isCallExpression(parent)) return parent.expression.kind === ts.SyntaxKind.ImportKeyword;
  return ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent);
}
