// `npm run image -- --plugins command-executor --tag leasehold:slim`: builds the runner's image with the engine at hand.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { answeringHost } from "./engine/connection.ts";
import { ensureNodeBase } from "./engine/node-base.ts";
import { buildImage, type ImageOrder } from "./image/build-image.ts";

const USAGE = `usage: npm run image -- [options]
  --plugins LIST    first-party names, npm specs, tarballs; -name excludes the coordinator or echo
  --tag NAME        leasehold:latest unless given; several times for several names
  --variant NAME    default (bash, python3, uv) or slim
  --base IMAGE      a base with Node 24 and npm; "local" makes one without a registry of images
  --config FILE     becomes the image's runner.config.ts
  --ca FILE         certificates that the build trusts (NODE_EXTRA_CA_CERTS unless given)
  --npmrc FILE      npm's configuration for the build
  --quiet           shows the build's output only when it fails`;

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<void> {
  try {
    const { host, order } = await read(argv);
    const { size } = await buildImage(host, order);
    console.log(`${order.tags.join(", ")}: ${megabytes(size)} MB`);
  } catch (error) {
    console.error(`image: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

async function read(argv: readonly string[]): Promise<{ host: string; order: ImageOrder }> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      plugins: { type: "string" },
      tag: { type: "string", multiple: true },
      variant: { type: "string", default: "default" },
      base: { type: "string" },
      config: { type: "string" },
      ca: { type: "string" },
      npmrc: { type: "string" },
      quiet: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) throw new Error(USAGE);
  const {
    plugins,
    config,
    npmrc,
    quiet,
    tag: tags = ["leasehold:latest"],
    ca = process.env["NODE_EXTRA_CA_CERTS"],
  } = values;
  const variant = variantOf(values.variant);
  const host = await answeringHost();
  if (!host) throw new Error("no Docker engine answers; start yours and set DOCKER_HOST, or `npm run engine -- up`");
  const isLocal = values.base === "local";
  const base = isLocal ? await ensureNodeBase(host, variant, say) : values.base;
  // One for all variants, so that the engine keeps what it has made.
  const made = isLocal ? await ensureNodeBase(host, "slim", say) : undefined;
  const order = {
    plugins,
    tags,
    variant,
    base,
    buildImage: made,
    config,
    ca,
    npmrc,
    say: quiet ? () => undefined : say,
  };
  return { host, order };
}

function variantOf(text: string): ImageOrder["variant"] {
  if (text === "slim" || text === "default") return text;
  throw new Error(`there is no variant "${text}"; it is default or slim`);
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(0);
}

function say(line: string): void {
  console.error(`image: ${line}`);
}
