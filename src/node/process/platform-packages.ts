import { readFileSync } from "node:fs";

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** Its C library is musl (Alpine Linux). */
  readonly isMusl: boolean;
  /** Its processor lacks AVX2, which the usual build needs. */
  readonly isOld: boolean;
}

/** The npm packages that hold OpenCode's program for a machine, the best first: in the order of its own installer. */
export function platformPackages({ platform, arch, isMusl, isOld }: Machine): readonly string[] {
  const base = `opencode-${platform === "win32" ? "windows" : platform}-${arch}`;
  const baselines = arch === "x64" ? (isOld ? ["-baseline", ""] : ["", "-baseline"]) : [""];
  const libraries = platform === "linux" ? (isMusl ? ["-musl", ""] : ["", "-musl"]) : [""];
  return libraries.flatMap((library) => baselines.map((baseline) => `${base}${baseline}${library}`));
}

export function thisMachine(): Machine {
  const { platform, arch } = process;
  const isLinux = platform === "linux";
  const isOld = isLinux && arch === "x64" && !/(^|\s)avx2(\s|$)/i.test(read("/proc/cpuinfo"));
  return { platform, arch, isMusl: isLinux && hasNoGlibc(), isOld };
}

function hasNoGlibc(): boolean {
  const report: unknown = process.report?.getReport();
  if (typeof report !== "object" || report === null || !("header" in report)) return false;
  const { header } = report;
  return typeof header === "object" && header !== null && !("glibcVersionRuntime" in header);
}

/** Who can't read it knows nothing: then the usual build is the best guess. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return " avx2 ";
  }
}
