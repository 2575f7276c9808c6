import { createEngineClient, type EngineDriver, type ManagedEngineClient } from "@quantumreef/engine-client";

export interface AcmeOptions {
  readonly baseUrl: string;
}

export declare function acmeDriver(options: AcmeOptions): EngineDriver;

export function createAcme(options: AcmeOptions): ManagedEngineClient {
  return createEngineClient(acmeDriver(options));
}
