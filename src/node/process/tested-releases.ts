import type { Diagnostic } from "../../engine/diagnostics.ts";

/** The oldest and the newest release of OpenCode that the tests of this package run. */
export const testedReleases = { oldest: "1.1.65", newest: "1.18.33" } as const;

/** What to say of a release that this package was not tried with. It is used all the same. */
export function untestedRelease(version: string): Diagnostic | undefined {
  const { oldest, newest } = testedReleases;
  if (!/^\d+\.\d+\.\d+/.test(version)) return undefined;
  if (compare(version, oldest) >= 0 && compare(version, newest) <= 0) return undefined;
  const message = `OpenCode ${version} is outside of the releases that this client is tested with (${oldest} to ${newest}). It is used all the same; what it says otherwise is told as a diagnostic.`;
  return { level: "info", code: "engine_untested_release", message };
}

function compare(a: string, b: string): number {
  const [left, right] = [numbers(a), numbers(b)];
  for (let place = 0; place < 3; place += 1) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const numbers = (version: string) => version.split(/[.+-]/).slice(0, 3).map(Number);
