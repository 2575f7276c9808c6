import ts from "typescript";

/** A file below `src/` (or of the bundle), parsed. */
export interface Source {
  /** With `/`, relative to its root. */
  readonly path: string;
  readonly ast: ts.SourceFile;
}

/** An `import`, `export ... from`, `import()`, `require()` or `import("...")` type. */
export interface ImportLine {
  /** `undefined` where it is computed. */
  readonly specifier: string | undefined;
  readonly line: number;
}

/** A rule that is broken, and where. */
export interface Violation {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  /** What stands there. */
  readonly found: string;
  readonly why: string;
}

export function parse(path: string, text: string): Source {
  return { path, ast: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
}

/** Parses files given as `{ path: text }`. */
export function parseAll(files: Readonly<Record<string, string>>): Source[] {
  return Object.entries(files).map(([path, text]) => parse(path, text));
}

export function describeViolation({ rule, path, line, found, why }: Violation): string {
  return `${path}:${line} ${found}: ${why} [${rule}]`;
}

export function lineOf(node: ts.Node): number {
  const file = node.getSourceFile();
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}

/** Every node of the file, parents first. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
  });
  for (const child of children) yield* nodesOf(child);
}

/** What the file imports, types too. */
export function importsOf({ ast }: Source): ImportLine[] {
  const found: ImportLine[] = [];
  for (const node of nodesOf(ast)) {
    const specifier = specifierOf(node);
    if (specifier === undefined) continue;
    found.push({
      specifier: ts.isStringLiteralLike(specifier) ? specifier.text : undefined,
      line: lineOf(node),
    });
  }
  return found;
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isExternalModuleReference(node)) return node.expression;
  if (ts.isImportTypeNode(node)) {
    return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node.argument;
  }
  if (!ts.isCallExpression(node)) return undefined;
  const { expression } = node;
  const imports =
    expression.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(expression) && expression.text === "require");
  return imports ? (node.arguments[0] ?? node) : undefined;
}
