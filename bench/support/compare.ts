export interface Comparison {
  /** Medians, in milliseconds. */
  readonly ours: number;
  readonly floor: number;
  /** The median of the rounds' own ratios: the machine may be slower in one round than in another. */
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
  const ratios = times.ours.map((time, round) => time / (times.floor[round] ?? Number.NaN));
  return { ours: median(times.ours), floor: median(times.floor), ratio: median(ratios) };
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
