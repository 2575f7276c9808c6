import type { TestRunner } from "../../src/testing/conformance/runner.ts";

export interface Collected {
  readonly name: string;
  readonly body: () => Promise<void>;
}

/** A test runner that runs nothing: it only notes what it was given. */
export class Collector implements TestRunner {
  readonly suites: string[] = [];
  readonly tests: Collected[] = [];
  readonly skipped: string[] = [];
  readonly it = Object.assign((name: string, body: () => Promise<void>) => this.tests.push({ name, body }), {
    skip: (name: string) => this.skipped.push(name),
  });

  readonly describe = (name: string, body: () => void): void => {
    this.suites.push(name);
    body();
  };
}
