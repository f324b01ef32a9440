import type { AgentWishes } from "./agent-settings.ts";

/** What a folder says of its agent. */
export interface Prepared<Config extends AgentWishes = AgentWishes> {
  readonly config: Config;
  readonly entrypointType: "handler" | "agent" | "http";
}

interface BuildRequest<Config extends AgentWishes = AgentWishes> extends Prepared<Config> {
  readonly agentId: string;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** How a folder becomes an image. */
export interface Images<Config extends AgentWishes = AgentWishes> {
  /** Throws an `OkenError` of code `CONFIG_ERROR`. */
  read(folder: string): Promise<Prepared<Config>>;
  /** Throws an `OkenError` of code `BUILD_FAILED` with the log. */
  build(request: BuildRequest<Config>): Promise<{ readonly imageId: string; readonly log: string }>;
  /** The deployment that had it built has ended: a container uses the image by now, or nobody does. */
  settled(imageId: string): void;
  /** An agent of this image was started: the budget counts from the latest use. */
  used(imageId: string): void;
  /** Removes the tag of an agent; an absent one is no error. */
  remove(agentId: string): Promise<void>;
}
