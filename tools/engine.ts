// `npm run --silent engine -- up | down`: a Docker engine and a Python base image for development and tests.
// Standard output holds one line for `eval`; everything else goes to standard error.
import { fileURLToPath } from "node:url";
import { ensureBaseImage } from "./engine/base-image.ts";
import { answeringHost } from "./engine/connection.ts";
import { startDaemon, stopDaemon } from "./engine/daemon.ts";
import { installDocker } from "./engine/install.ts";

/** Says what goes on. */
export type Say = (line: string) => void;

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv[2]);

async function main(verb: string | undefined): Promise<void> {
  try {
    if (verb === "up") console.log(await up(say));
    else if (verb === "down") await stopDaemon(say);
    else throw new Error("usage: npm run --silent engine -- up | down");
  } catch (error) {
    say(`failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

/** The line that a shell evaluates. */
async function up(tell: Say): Promise<string> {
  const host = (await answeringHost()) ?? (await bringUp(tell));
  const image = await ensureBaseImage(host, tell);
  return `export DOCKER_HOST=${host} OKEN_BASE_IMAGE=${image}`;
}

async function bringUp(tell: Say): Promise<string> {
  await installDocker(tell);
  return startDaemon(tell);
}

function say(line: string): void {
  console.error(`engine: ${line}`);
}
