import { EngineError } from "../../engine/errors.ts";
import { type BinaryRequest, findProgram } from "../process/find-binary.ts";
import { programVersion } from "../process/program-version.ts";
import { behindStub, mendStub } from "../process/stub.ts";
import type { BinaryFinding } from "./report.ts";

/** Finds the program that would be started, and asks its release. */
export async function examineBinary(request: BinaryRequest): Promise<BinaryFinding> {
  let found: Pick<BinaryFinding, "status" | "path" | "behind" | "mendBy"> = { status: "missing" };
  try {
    const path = findProgram(request);
    found = { status: "program", path };
    const mendBy = mendStub(path);
    if (mendBy !== undefined) found = { status: "stub", path, mendBy };
    const behind = behindStub(path);
    if (behind !== undefined) found = { ...found, behind };
    return { ...found, version: await programVersion(behind ?? path, request.env) };
  } catch (error) {
    if (!EngineError.is(error)) throw error;
    return { ...found, error: error.toJSON() };
  }
}
