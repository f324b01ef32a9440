import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import { pack } from "tar-stream";
import type { Say } from "../engine.ts";
import { connect } from "./connection.ts";
import { follow, importRoot, isPresent } from "./images.ts";
import { isInstalled } from "./install.ts";
import { fillRoot } from "./root-filesystem.ts";
import { fetchUv, UV_VERSION } from "./uv.ts";

/** With what they depend on, enough for a shell and Python. */
const PACKAGES = ["python3", "dash", "coreutils", "libc-bin", "base-files"];
const REPOSITORY = "leasehold/oken-base";
/** For engines on machines without Debian's packages; uv fetches Python there. */
const PUBLISHED = `ghcr.io/astral-sh/uv:${UV_VERSION}-bookworm-slim`;

/** Compiled once here, because agents cannot write bytecode. */
const DOCKERFILE = (raw: string) => `FROM ${raw}
ENV PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
RUN ["/usr/bin/python3", "-m", "compileall", "-q", "-j", "0", "/usr/lib/python3.11"]
CMD ["/usr/bin/python3"]
`;

/** The reference of an image with Python and uv; made without a registry where it is absent. */
export async function ensureBaseImage(host: string, say: Say): Promise<string> {
  const docker = connect(host);
  const wanted = process.env["OKEN_BASE_IMAGE"];
  if (wanted && (await isPresent(docker, wanted))) return wanted;
  if (!(await isInstalled("apt-get"))) return pull(docker, PUBLISHED, say);
  const image = `${REPOSITORY}:${await recipeHash()}`;
  if (!(await isPresent(docker, image))) await make(docker, image, say);
  return image;
}

async function make(docker: Docker, image: string, say: Say): Promise<void> {
  say(`making ${image} from Debian's packages`);
  const folder = await mkdtemp(join(tmpdir(), "leasehold-base-"));
  try {
    const root = await fillRoot(folder, say, PACKAGES);
    await fetchUv(join(root, "usr/local/bin/uv"), say);
    const raw = `${REPOSITORY}:raw`;
    await importRoot(docker, root, raw);
    await build(docker, DOCKERFILE(raw), image);
    await docker.getImage(raw).remove({ noprune: true });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function build(docker: Docker, dockerfile: string, image: string): Promise<void> {
  const context = pack();
  context.entry({ name: "Dockerfile" }, dockerfile);
  context.finalize();
  await follow(docker, await docker.buildImage(Readable.from(context), { t: image, forcerm: true }));
}

async function pull(docker: Docker, image: string, say: Say): Promise<string> {
  if (await isPresent(docker, image)) return image;
  say(`pulling ${image}`);
  await follow(docker, await docker.pull(image));
  return image;
}

/** Of everything that decides what the image holds, so that a changed recipe makes a new image. */
async function recipeHash(): Promise<string> {
  const sources = ["base-image.ts", "root-filesystem.ts", "uv.ts"].map((name) => join(import.meta.dirname, name));
  const hash = createHash("sha256").update(PACKAGES.join());
  for (const source of sources) hash.update(await readFile(source));
  return hash.digest("hex").slice(0, 12);
}
