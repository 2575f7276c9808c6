import { EngineError } from "../engine/errors.ts";

/** The cause of errors whose answer did not come from the engine's own route: it has none of this address. */
export class MissingRoute extends Error {
  override readonly name = "MissingRoute";
}

const STATUSES: ReadonlySet<number> = new Set([404, 405, 501]);

/** Of a refusal in which the engine's own words were not found. */
export function missingRoute(status: number): MissingRoute | undefined {
  return STATUSES.has(status) ? new MissingRoute(`The status is ${status}.`) : undefined;
}

/**
 * Does an error mean that the engine has no such route? Web servers answer 404 for it, 405, 501, or 200 with a page;
 * what the engine itself refuses, and JSON of another shape, is an answer of the route.
 */
export function isMissingRoute(error: unknown): boolean {
  return EngineError.is(error) && error.cause instanceof MissingRoute;
}
