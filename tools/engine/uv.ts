import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Say } from "../engine.ts";
import { memberOf } from "./zip.ts";

/** Also the pinned tag of the published base image (OKEN-D40). */
export const UV_VERSION = "0.13.8";
const INDEX = "https://pypi.org/simple/uv/";
const MACHINES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

/** Puts the program `uv` into `file`: from PyPI, else this machine's own. Without either only agents without dependencies build. */
export async function fetchUv(file: string, say: Say): Promise<void> {
  try {
    await writeFile(file, await fromIndex(), { mode: 0o755 });
  } catch (error) {
    say(`uv could not be fetched from PyPI (${String(error)}); looking for this machine's own`);
    await fromMachine(file).catch(() =>
      say("the base image has no uv: agents with dependencies cannot be built with it"),
    );
  }
}

async function fromIndex(): Promise<Buffer> {
  const { url, sha256 } = await findWheel();
  const content = await fetched(url);
  if (createHash("sha256").update(content).digest("hex") !== sha256) throw new Error(`${url} is damaged`);
  return memberOf(content, `uv-${UV_VERSION}.data/scripts/uv`);
}

/** In the index's HTML form, the only one that every index speaks. */
async function findWheel(): Promise<{ url: string; sha256: string }> {
  const page = (await fetched(INDEX)).toString();
  const machine = MACHINES[process.arch];
  for (const [, link = "", sha256 = ""] of page.matchAll(/href="([^"#]+)#sha256=([0-9a-f]{64})"/g))
    if (link.includes(`/uv-${UV_VERSION}-py3-none-`) && link.includes(`manylinux_2_17_${machine}`))
      return { url: new URL(link, INDEX).href, sha256 };
  throw new Error(`no wheel of uv ${UV_VERSION} for ${process.arch}`);
}

async function fetched(url: string): Promise<Buffer> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(60_000) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

async function fromMachine(file: string): Promise<void> {
  const { stdout } = await promisify(execFile)("which", ["uv"]);
  await copyFile(stdout.trim(), file);
}
