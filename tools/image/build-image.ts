import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { connect } from "../engine/connection.ts";
import { follow } from "../engine/images.ts";
import type { Variant } from "../engine/node-base.ts";
import type { Say } from "../engine.ts";
import { packContext } from "./context.ts";
import { readPluginList } from "./plugin-list.ts";

/** What `npm run image` is asked for; what is absent is as the Dockerfile says. */
export interface ImageOrder {
  readonly plugins?: string | undefined;
  readonly tags: readonly string[];
  readonly variant: Variant;
  readonly base?: string | undefined;
  /** Where the parts are made, if not in the base. */
  readonly buildImage?: string | undefined;
  /** Path of a file that becomes the image's `runner.config.ts`. */
  readonly config?: string | undefined;
  /** Path of certificates that the build trusts. */
  readonly ca?: string | undefined;
  /** Path of npm's configuration for the build. */
  readonly npmrc?: string | undefined;
  readonly say: Say;
}

const ROOT = join(import.meta.dirname, "../..");

/** Builds the image of this repository and answers its size in bytes. Rejects with the build's last lines. */
export async function buildImage(host: string, order: ImageOrder): Promise<{ readonly size: number }> {
  const docker = connect(host);
  const { list, tarballs } = readPluginList(order.plugins);
  const supplied = {
    ...tarballs,
    ...given("runner.config.ts", order.config),
    ...given("ca.crt", order.ca),
    ...given("npmrc", order.npmrc),
  };
  const context = await packContext(ROOT, supplied);
  const [first = "leasehold:latest", ...more] = order.tags;
  const answer = await docker.buildImage(Readable.from(context), {
    t: first,
    forcerm: true,
    buildargs: await argumentsOf(order, list),
  });
  await watch(docker, answer, order.say);
  const image = docker.getImage(first);
  for (const name of more) await image.tag(splitName(name));
  const { Size: size } = await image.inspect();
  return { size };
}

async function watch(docker: ReturnType<typeof connect>, answer: NodeJS.ReadableStream, say: Say): Promise<void> {
  const lines: string[] = [];
  const onProgress = ({ stream = "" }: { readonly stream?: string }): void => {
    const line = stream.trimEnd();
    if (line === "") return;
    lines.push(line);
    say(line);
  };
  await follow(docker, answer, onProgress).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${lines.slice(-30).join("\n")}`);
  });
}

async function argumentsOf(
  { variant, base, buildImage }: ImageOrder,
  plugins: string | undefined,
): Promise<Record<string, string>> {
  const { version } = JSON.parse(await readFile(join(ROOT, "core/package.json"), "utf8")) as { version: string };
  return {
    VARIANT: variant,
    VERSION: version,
    REVISION: await revision(),
    ...(base === undefined ? {} : { BASE_IMAGE: base }),
    ...(buildImage === undefined ? {} : { BUILD_IMAGE: buildImage }),
    ...(plugins === undefined ? {} : { PLUGINS: plugins }),
  };
}

/** Nothing outside of a checkout. */
async function revision(): Promise<string> {
  return promisify(execFile)("git", ["rev-parse", "HEAD"], { cwd: ROOT }).then(
    ({ stdout }) => stdout.trim(),
    () => "",
  );
}

function given(name: string, file: string | undefined): Record<string, string> {
  return file === undefined ? {} : { [name]: file };
}

function splitName(name: string): { repo: string; tag: string } {
  const at = name.lastIndexOf(":");
  return at > name.lastIndexOf("/")
    ? { repo: name.slice(0, at), tag: name.slice(at + 1) }
    : { repo: name, tag: "latest" };
}
