/** One version of a file that an agent changed. Times are Unix milliseconds. */
export interface StoredFileVersion {
  /** As the engine counts them, for example `"initial"`, `"v1"`, `"v2"`. */
  readonly version: string;
  /** The whole file. */
  readonly content: string;
  /** Where the release notes it. */
  readonly createdAt?: number | undefined;
}

/** A file that an agent changed, and all that the engine has kept of it. */
export interface StoredFile {
  readonly path: string;
  /** Oldest first. */
  readonly versions: readonly StoredFileVersion[];
}
