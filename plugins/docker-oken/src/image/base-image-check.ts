import type Docker from "dockerode";
import type { Check, CheckResult } from "leasehold";
import { type OkenOptions, options } from "../options.ts";
import { whatLacks } from "./base-facts.ts";
import { BaseImages, baseReference } from "./base-image.ts";

/** `leasehold doctor`: what agents will miss in the base image. The image is not pulled for it. */
export function baseImageCheck(connect: (options: OkenOptions) => Promise<Docker>): Check {
  return {
    name: "base image",
    run: async ({ pluginOptions }) => {
      const given = options.parse(pluginOptions);
      const docker = await connect(given);
      return checkBaseImage(docker, baseReference(given));
    },
  };
}

/** Looks into an image that the engine has. */
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
