export interface Comparison {
  /** Medians, in milliseconds. */
  readonly ours: number;
  readonly floor: number;
  readonly ratio: number;
}

const WARM_UP = 5;

/** Runs both by turns, so that whatever else the machine does meets both alike. */
export async function compare(
  rounds: number,
  ours: () => unknown,
  floor: () => unknown,
): Promise<Comparison> {
  const times = { ours: [] as number[], floor: [] as number[] };
  for (let round = -WARM_UP; round < rounds; round++) {
    const first = await timeOf(round % 2 === 0 ? ours : floor);
    const second = await timeOf(round % 2 === 0 ? floor : ours);
    if (round < 0) continue;
    times.ours.push(round % 2 === 0 ? first : second);
    times.floor.push(round % 2 === 0 ? second : first);
  }
  const [mine, bare] = [median(times.ours), median(times.floor)];
  return { ours: mine, floor: bare, ratio: mine / bare };
}

export async function timeOf(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
