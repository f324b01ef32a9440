import type Docker from "dockerode";
import { describe, inject } from "vitest";
import { connect, host } from "./engine-client.ts";

/** A real engine and the base image that `npm run engine -- up` names. */
export interface Engine {
  readonly docker: Docker;
  /** As in `DOCKER_HOST`. */
  readonly host: string;
  readonly baseImage: string;
}

const missing = inject("missingEngine");

/**
 * `describe` for tests on a real engine. Without one they are skipped; where `LEASEHOLD_DOCKER_TESTS` is `required`
 * they run, and `engine()` fails them.
 */
export const describeWithEngine =
  missing === "" || process.env["LEASEHOLD_DOCKER_TESTS"] === "required" ? describe : describe.skip;

/** The engine. Throws with what is missing. */
export function engine(): Engine {
  if (missing !== "") throw new Error(`Docker tests are required here, but ${missing}`);
  return { docker: connect(), host, baseImage: process.env["OKEN_BASE_IMAGE"] ?? "" };
}
