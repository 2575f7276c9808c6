import { builtinModules } from "node:module";
import { posix } from "node:path";
import { packages, type Room, rooms } from "./rules.ts";
import { type ImportLine, importsOf, type Source, type Violation } from "./source.ts";

const builtins: ReadonlySet<string> = new Set(builtinModules);

export function roomOf(path: string): Room | undefined {
  return rooms.find(({ holds }) =>
    holds.some((held) => (held.endsWith("/") ? path.startsWith(held) : path === held)),
  );
}

/** The file below `src/` that an import means; `undefined` for packages. */
export function targetOf(path: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : undefined;
}

/** Imports against the table of the rooms, and packages outside their room. */
export function checkImports(sources: readonly Source[]): Violation[] {
  return sources.flatMap((source) => {
    const room = roomOf(source.path);
    if (!room) return [homeless(source.path)];
    return importsOf(source).flatMap((line) => {
      const broken = brokenRule(source.path, room, line);
      return broken ? [{ ...broken, path: source.path, line: line.line, found: describeImport(line) }] : [];
    });
  });
}

function brokenRule(path: string, room: Room, { specifier }: ImportLine) {
  if (specifier === undefined) return { rule: "rooms", why: "a computed import can't be checked" };
  const target = targetOf(path, specifier);
  return target === undefined ? brokenPackageRule(path, room, specifier) : brokenRoomRule(room, target);
}

function brokenRoomRule(room: Room, target: string) {
  if (target.startsWith("..")) return { rule: "rooms", why: "it leads out of src/" };
  const other = roomOf(target);
  if (!other) return { rule: "rooms", why: `${target} is in no room` };
  if (other === room || other.level < room.level) return undefined;
  const direction = other.level === room.level ? "sideways" : "upwards";
  return {
    rule: "rooms",
    why: `${room.name} (level ${room.level}) must not import ${direction} from ${other.name} (level ${other.level})`,
  };
}

function brokenPackageRule(path: string, room: Room, specifier: string) {
  const rule = packages.find((candidate) => candidate.specifier.test(specifier));
  if (!rule && builtins.has(specifier)) return { rule: "packages", why: `write it as "node:${specifier}"` };
  if (!rule) return { rule: "packages", why: "no room may import this package" };
  const allowed = rule.rooms.includes(room.name) && (rule.files?.test(path) ?? true);
  return allowed ? undefined : { rule: "packages", why: rule.says };
}

function homeless(path: string): Violation {
  return {
    rule: "rooms",
    path,
    line: 1,
    found: "the file",
    why: "it is in no room of test/architecture/rules.ts",
  };
}

function describeImport({ specifier }: ImportLine): string {
  return specifier === undefined ? "import(...)" : `import "${specifier}"`;
}

/** Circles of files that import each other (types too): each is told once. */
export function checkCycles(sources: readonly Source[]): Violation[] {
  const graph = new Map(sources.map((source) => [source.path, edgesOf(source)]));
  const done = new Set<string>();
  const violations: Violation[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    for (const [target, line] of graph.get(path) ?? []) {
      const at = trail.indexOf(target);
      if (at >= 0) violations.push(cycle(path, line, [...trail.slice(at), target]));
      else if (!done.has(target)) visit(target, [...trail, target]);
    }
    done.add(path);
  };
  for (const path of graph.keys()) if (!done.has(path)) visit(path, [path]);
  return violations;
}

function edgesOf(source: Source): ReadonlyMap<string, number> {
  const edges = new Map<string, number>();
  for (const { specifier, line } of importsOf(source)) {
    const target = specifier === undefined ? undefined : targetOf(source.path, specifier);
    if (target !== undefined && !edges.has(target)) edges.set(target, line);
  }
  return edges;
}

function cycle(path: string, line: number, trail: readonly string[]): Violation {
  return { rule: "cycles", path, line, found: trail.join(" -> "), why: "files must not import in a circle" };
}
