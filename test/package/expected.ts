/** What each entry must export, whatever else it does. Types are exercised by the files in `consumer/`. */
export const expectedExports: Readonly<Record<string, readonly string[]>> = {
  ".": [
    "EngineError",
    "OpenCodeClient",
    "connectionMachine",
    "contextUseOf",
    "createEngineClient",
    "defineEngines",
    "formatTranscript",
    "hunksOf",
    "noCapabilities",
    "openCodeDriver",
    "parseTranscript",
    "permissionMachine",
    "runPrompt",
    "sessionIdOf",
    "sessionMachine",
    "toolCallMachine",
    "toolCallsOf",
    "usageOf",
  ],
  "./node": [
    "chooseEngine",
    "correctConfigurationText",
    "createOpenCode",
    "examineMachine",
    "exitSignal",
    "explainSettings",
    "formatReport",
    "formatSettings",
    "openEngine",
    "openHistory",
    "printOrigin",
    "readConfiguration",
    "saveWorkspaceConfiguration",
  ],
  "./server": ["createV1Handler", "serveV1"],
  "./acp": ["acpAgents", "acpDriver", "knownAgents"],
  "./testing": ["createHandlers", "createMockEngine", "describeEngine", "faults", "recordWire", "replayWire"],
};

/** The compilers that a consumer may have. */
export const typescriptVersions = ["5.9.3", "6.0.3", "7.0.2"];

/** More than the package should ever weigh, in bytes as a tarball. */
export const maxTarballBytes = 1_100_000;
