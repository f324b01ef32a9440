import type { TestProject } from "vitest/node";
import { connect } from "./engine-client.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Why Docker tests cannot run here; empty text when they can. */
    missingEngine: string;
  }
}

/** Looks for the engine once for all test files, so that one line says why Docker tests are skipped. */
export default async function findEngine(project: TestProject): Promise<void> {
  const missing = await whatIsMissing();
  project.provide("missingEngine", missing);
  if (missing !== "" && process.env["LEASEHOLD_DOCKER_TESTS"] !== "required")
    console.log(`Docker tests are skipped: ${missing}; see \`npm run --silent engine -- up\``);
}

async function whatIsMissing(): Promise<string> {
  const image = process.env["OKEN_BASE_IMAGE"];
  if (!image) return "OKEN_BASE_IMAGE is not set";
  try {
    await connect().getImage(image).inspect();
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
