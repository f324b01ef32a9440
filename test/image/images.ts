import { ensureNodeBase, type Variant } from "../../tools/engine/node-base.ts";
import { buildImage, type ImageOrder } from "../../tools/image/build-image.ts";
import { engine } from "../plugins/docker-oken/engine.ts";

/** Every first-party plugin. */
export const EVERYTHING = "auth0-m2m,command-executor,script-executor,docker-oken,test-procedural,embedded-coordinator";
const quiet = (): void => {};

/** Builds an image of this repository on a base that needs no registry of images. Answers its name and size in bytes. */
export async function built(
  name: string,
  plugins: string,
  variant: Variant,
  more: Pick<ImageOrder, "npmrc"> = {},
): Promise<{ readonly image: string; readonly size: number }> {
  const { host } = engine();
  const image = `leasehold-test/${name}:latest`;
  const { size } = await buildImage(host, {
    plugins,
    tags: [image],
    variant,
    base: await ensureNodeBase(host, variant, quiet),
    buildImage: await ensureNodeBase(host, "slim", quiet),
    ca: process.env["NODE_EXTRA_CA_CERTS"],
    say: quiet,
    ...more,
  });
  return { image, size };
}
