import type { Manifest } from "../manifest.ts";

/** One state of a script on disk; it never changes. */
export interface Version {
  /** Absent for a folder that somebody else has put there, which is never deleted. */
  readonly id?: string;
  /** Where its files stay for as long as it exists; for a folder of somebody else `scripts/<name>` itself. */
  readonly directory: string;
  /** Absent for a folder of somebody else, which may change at any time. */
  readonly manifest?: Manifest;
}

/** A version in the hands of a run, whose files stay until `release` is called. */
export interface Lease {
  /** `scripts/<name>` where that shows this version, else where its files stay. */
  readonly directory: string;
  readonly version: Version;
  /** May be called more than once. */
  release(): void;
}
