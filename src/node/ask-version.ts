import type { DriverReport, EngineDriver } from "../engine/driver.ts";

const silent: DriverReport = { alive() {}, beat() {}, retryAfter() {}, diagnostic() {} };

/**
 * Connects, and lets go at once: the release of what answers there.
 * @throws EngineError as the driver's `connect()`: why it is no engine, or can't be reached
 */
export async function askVersion(driver: EngineDriver, signal: AbortSignal): Promise<string> {
  const connection = await driver.connect({ signal, report: silent });
  await connection.close();
  return connection.version;
}
