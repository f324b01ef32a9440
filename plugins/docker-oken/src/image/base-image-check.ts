import type Docker from "dockerode";
import type { CheckResult } from "leasehold";
import { whatLacks } from "./base-facts.ts";
import { BaseImages } from "./base-image.ts";

/** What agents will miss in a base image. It is not pulled for that. */
export async function checkBaseImage(docker: Docker, reference: string): Promise<CheckResult> {
  if (!(await isPresent(docker, reference)))
    return { ok: true, detail: `${reference} is not there yet; the first build pulls it` };
  try {
    const { facts } = await new BaseImages(docker, reference).resolve();
    const lacks = whatLacks(facts);
    if (lacks.length > 0) return { ok: false, problem: `${reference}: ${lacks.join("; ")}`, fix: FIX };
    const pythons = facts.pythons.map(({ version }) => version).join(", ") || "to be downloaded";
    return { ok: true, detail: `${reference} has Python ${pythons} and uv ${facts.uv}` };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error), fix: FIX };
  }
}

const FIX = "Name another image with OKEN_BASE_IMAGE, or add what it lacks.";

async function isPresent(docker: Docker, reference: string): Promise<boolean> {
  return docker
    .getImage(reference)
    .inspect()
    .then(
      () => true,
      (error: { statusCode?: number }) => {
        if (error.statusCode === 404) return false;
        throw error;
      },
    );
}
