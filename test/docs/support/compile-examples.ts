import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import type { CodeExample } from "./code-examples.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const PACKAGE = "@quantumreef/engine-client";
const entries = ["", "/node", "/server", "/acp", "/testing"].map((entry) => PACKAGE + entry);
/** What an example may use besides, as if it stood above it. */
const READER = `${root}test/docs/support/reader.ts`;
/** The reader's own module in the examples, `./acme.ts`. */
const ACME = readFileSync(new URL("acme.ts", import.meta.url), "utf8");

/** Names that a module exports, as they stand in an import. */
type Names = ReadonlyMap<string, { readonly from: string; readonly isType: boolean }>;

/**
 * Compiles all examples in one program, as strictly as everything else. Each is a module of its own. What it takes from this
 * package it imports, or an example before it on the same page has; a docstring may leave that out. A line that is said
 * not to compile must not. Returns one line for each error: page, line, what is wrong.
 */
export function compileExamples(examples: readonly CodeExample[]): readonly string[] {
  const options = compilerOptions();
  const known = readNames(options);
  const modules = new Map<string, string>();
  const imported = new Set<string>();
  let page = "";
  for (const example of examples) {
    const source = ts.createSourceFile("example.ts", example.code, ts.ScriptTarget.ESNext, true);
    if (example.file !== page) imported.clear();
    page = example.file;
    const isDocstring = page.endsWith(".ts") && !source.statements.some(isImportOfPackage);
    const own = [...known.own].filter(([name]) => isDocstring || imported.has(name));
    modules.set(nameOf(example), toModule(example, source, new Map([...known.reader, ...own])));
    for (const statement of source.statements)
      if (isImportOfPackage(statement)) for (const name of namesDeclaredBy(statement)) imported.add(name);
  }
  const program = ts.createProgram([...modules.keys()], options, hostWith(options, modules));
  return [...modules].flatMap(([name, text]) => {
    const source = program.getSourceFile(name);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return problemsOf(text, name, found.map(whereAndWhat));
  });
}

function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  // What an example declares is for its reader to use.
  return { ...options, noUnusedLocals: false, noUnusedParameters: false, skipLibCheck: true };
}

function readNames(options: ts.CompilerOptions): { readonly own: Names; readonly reader: Names } {
  const host = ts.createCompilerHost(options);
  const paths = entries.map((entry) => {
    const { resolvedModule } = ts.resolveModuleName(entry, READER, options, host);
    return [resolvedModule?.resolvedFileName ?? entry, entry] as const;
  });
  const program = ts.createProgram([READER, ...paths.map(([path]) => path)], options, host);
  const own = paths.toReversed().flatMap(([path, from]) => [...namesOf(program, path, from)]);
  return { own: new Map(own), reader: namesOf(program, READER, READER) };
}

function namesOf(program: ts.Program, path: string, from: string): Names {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${path} is no module.`);
  const names = checker.getExportsOfModule(module).map((symbol) => {
    const { flags } = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const isType =
      (flags & ts.SymbolFlags.Value) === 0 || symbol.declarations?.some(ts.isTypeOnlyExportDeclaration);
    return [symbol.name, { from, isType: isType === true }] as const;
  });
  return new Map(names);
}

/** Beside its page, so that what it imports is found from there. */
function nameOf({ file, line }: CodeExample): string {
  return `${file}.${line}.ts`;
}

/** The code, on the line on which it stands in its page; what it may use is imported before it. */
function toModule({ code, line }: CodeExample, source: ts.SourceFile, given: Names): string {
  const declared = new Set(source.statements.flatMap(namesDeclaredBy));
  const imports = [...given]
    .filter(([name]) => !declared.has(name))
    .map(([name, { from, isType }]) => `import { ${isType ? "type " : ""}${name} } from "${from}";`);
  return `${imports.join(" ")} export {};${"\n".repeat(line - 1)}${code}`;
}

function isImportOfPackage(statement: ts.Statement): statement is ts.ImportDeclaration {
  return (
    ts.isImportDeclaration(statement) &&
    ts.isStringLiteral(statement.moduleSpecifier) &&
    statement.moduleSpecifier.text.startsWith(PACKAGE)
  );
}

function namesDeclaredBy(statement: ts.Statement): readonly string[] {
  const names: string[] = [];
  const add = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) names.push(node.text);
    else if (ts.isObjectBindingPattern(node) || ts.isArrayBindingPattern(node))
      for (const element of node.elements) if (ts.isBindingElement(element)) add(element.name);
  };
  if (ts.isImportDeclaration(statement)) {
    const bindings = statement.importClause?.namedBindings;
    if (bindings !== undefined && ts.isNamedImports(bindings))
      for (const { name } of bindings.elements) add(name);
    else if (bindings !== undefined) add(bindings.name);
    if (statement.importClause?.name !== undefined) add(statement.importClause.name);
  } else if (ts.isVariableStatement(statement)) {
    for (const { name } of statement.declarationList.declarations) add(name);
  } else if ((ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name) {
    add(statement.name);
  } else if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
    add(statement.name);
  }
  return names;
}

function hostWith(options: ts.CompilerOptions, modules: ReadonlyMap<string, string>): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const textOf = (path: string) =>
    modules.get(path) ?? (path.endsWith("/acme.ts") ? ACME : host.readFile(path));
  return {
    ...host,
    readFile: textOf,
    fileExists: (path) => textOf(path) !== undefined,
    getSourceFile: (path, version) => {
      const text = textOf(path);
      return text === undefined ? undefined : ts.createSourceFile(path, text, version, true);
    },
  };
}

/** The line counts from 1. */
type Problem = readonly [line: number, message: string];

function whereAndWhat({ file, start = 0, messageText }: ts.Diagnostic): Problem {
  const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
  return [line, ts.flattenDiagnosticMessageText(messageText, " ")];
}

function problemsOf(text: string, name: string, found: readonly Problem[]): readonly string[] {
  const page = relative(root, name).replace(/\.\d+\.ts$/, "");
  const refused = text
    .split("\n")
    .flatMap((code, index) => (/\/\/ does not compile$/.test(code) ? index + 1 : []));
  const compiling = refused.filter((line) => !found.some(([at]) => at === line));
  return [
    ...found.filter(([line]) => !refused.includes(line)),
    ...compiling.map((line): Problem => [line, "It compiles."]),
  ].map(([line, message]) => `${page}:${line}: ${message}`);
}
