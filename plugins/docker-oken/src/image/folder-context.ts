import { readFile } from "node:fs/promises";
import { listFiles } from "./agent-files.ts";
import type { BaseImage } from "./base-image.ts";
import type { BuildOptions, BuildRequest } from "./build-request.ts";
import type { BuildContext } from "./context.ts";
import { type DependencyPlan, planDependencies } from "./dependency-plan.ts";
import { renderDockerfile, WRAPPER } from "./dockerfile.ts";
import { choosePython } from "./python-choice.ts";

const WRAPPER_FILE = new URL(`../../wrapper/${WRAPPER}`, import.meta.url);

/** What the engine is to build of an agent's folder on a base image. Rejects with an `OkenError` when it cannot be built. */
export async function contextOfFolder(
  request: BuildRequest,
  base: BaseImage,
  options: BuildOptions,
): Promise<BuildContext> {
  const { folder, entrypointType } = request;
  const files = await listFiles(folder);
  const dependencies = await planDependencies(folder, files);
  const dockerfile = dockerfileOf(request, base, dependencies, options);
  const dependencyFiles = dependencies.kind === "none" ? [] : dependencies.files;
  const wrapper = entrypointType === "http" ? {} : { wrapper: await readFile(WRAPPER_FILE) };
  return { folder, files, dependencyFiles, dockerfile, ...wrapper };
}

function dockerfileOf(
  { config, entrypointType }: BuildRequest,
  { reference, facts }: BaseImage,
  dependencies: DependencyPlan,
  { containerPort, concurrency, invokeTimeoutSeconds, pythonIndexUrl, nonRoot }: BuildOptions,
): string {
  return renderDockerfile({
    baseImage: reference,
    dependencies,
    python: choosePython(config, dependencies, facts),
    entrypoint: config.entrypoint,
    entrypointType,
    containerPort,
    isRoot: !nonRoot,
    concurrency: config.concurrency ?? concurrency,
    callTimeoutSeconds: config.invokeTimeout ?? invokeTimeoutSeconds,
    ...(pythonIndexUrl === undefined ? {} : { indexUrl: pythonIndexUrl }),
  });
}
