import ts from "typescript";
import { entryFiles, maxLines } from "./rules.ts";
import { lineOf, nodesOf, type Source, type Violation } from "./source.ts";

type Finding = Omit<Violation, "path">;

/** What a file of `src/` looks like inside: exports, state, length. */
export function checkShape(sources: readonly Source[]): Violation[] {
  return sources.flatMap((source) => {
    const findings = [
      ...barrels(source),
      ...defaultExports(source),
      ...state(source),
      ...inheritance(source),
      ...consoleUse(source),
      ...length(source),
    ];
    return findings.map((finding) => ({ ...finding, path: source.path }));
  });
}

function barrels({ path, ast }: Source): Finding[] {
  if (entryFiles.has(path)) return [];
  const stars = ast.statements.filter(
    (statement) =>
      ts.isExportDeclaration(statement) &&
      statement.moduleSpecifier &&
      !(statement.exportClause && ts.isNamedExports(statement.exportClause)),
  );
  const why = "only the entry files gather exports";
  if (stars.length > 0) {
    return stars.map((star) => ({ rule: "no barrels", line: lineOf(star), found: star.getText(ast), why }));
  }
  const passesOn = ast.statements.length > 0 && ast.statements.every(isImportOrExportList);
  return passesOn ? [{ rule: "no barrels", line: 1, found: "a file of re-exports only", why }] : [];
}

function isImportOrExportList(statement: ts.Statement): boolean {
  return ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement);
}

function defaultExports({ ast }: Source): Finding[] {
  return ast.statements.filter(isDefaultExport).map((statement) => ({
    rule: "named exports",
    line: lineOf(statement),
    found: firstLine(statement),
    why: "exports are named",
  }));
}

function isDefaultExport(statement: ts.Statement): boolean {
  if (ts.isExportAssignment(statement)) return true;
  if (ts.isExportDeclaration(statement) && statement.exportClause) {
    const clause = statement.exportClause;
    return ts.isNamedExports(clause) && clause.elements.some(({ name }) => name.text === "default");
  }
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) ?? false;
}

function state({ ast }: Source): Finding[] {
  return ast.statements.filter(ts.isVariableStatement).flatMap((statement) => {
    const { declarationList } = statement;
    const constant = (declarationList.flags & ts.NodeFlags.Const) !== 0;
    const line = lineOf(statement);
    const rule = "no module state";
    if (!constant) {
      return [
        {
          rule,
          line,
          found: firstLine(statement),
          why: "state lives in the hub, the prompt stream, the channel and the process handle",
        },
      ];
    }
    return declarationList.declarations
      .filter(({ initializer }) => initializer && isEmptyCollection(initializer))
      .map((declaration) => ({
        rule,
        line,
        found: firstLine(declaration),
        why: "an empty collection at module level can only be there to be filled",
      }));
  });
}

function isEmptyCollection(node: ts.Expression): boolean {
  if (ts.isArrayLiteralExpression(node)) return node.elements.length === 0;
  if (!ts.isNewExpression(node) || !ts.isIdentifier(node.expression)) return false;
  const collections = ["Map", "Set", "WeakMap", "WeakSet"];
  return collections.includes(node.expression.text) && (node.arguments?.length ?? 0) === 0;
}

function inheritance({ ast }: Source): Finding[] {
  return [...nodesOf(ast)].filter(ts.isClassLike).flatMap((node) => {
    const parent = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
      ?.types[0];
    if (!parent || parent.expression.getText(ast).endsWith("Error")) return [];
    const found = `class ${node.name?.text ?? ""} extends ${parent.getText(ast)}`;
    return [{ rule: "no inheritance", line: lineOf(node), found, why: "only errors inherit" }];
  });
}

function consoleUse({ ast }: Source): Finding[] {
  return [...nodesOf(ast)]
    .filter((node) => ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node))
    .filter(({ expression }) => /^(globalThis\.)?console$/.test(expression.getText(ast)))
    .map((node) => ({
      rule: "no console",
      line: lineOf(node),
      found: node.getText(ast),
      why: "a library does not print: report a diagnostic",
    }));
}

function length({ ast }: Source): Finding[] {
  const lines = ast.text.trimEnd().split("\n").length;
  if (lines <= maxLines) return [];
  return [
    {
      rule: "length",
      line: lines,
      found: `${lines} lines`,
      why: `at most ${maxLines}, one concept per file`,
    },
  ];
}

function firstLine(node: ts.Node): string {
  return node.getText().split("\n", 1)[0] ?? "";
}
