import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** Prints every file of a package that importing the plugin loads. */
const PROGRAM = `
import { registerHooks } from "node:module";
registerHooks({
  load(url, context, next) {
    console.log(url);
    return next(url, context);
  },
});
await import("@leasehold/docker-oken");
`;

test("importing the plugin loads no client, server, parser or grammar", async () => {
  const argv = ["--conditions", "leasehold-source", "--input-type=module", "--eval", PROGRAM];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: import.meta.dirname });
  expect(stdout).toContain("docker-oken/src/index.ts");
  const heavy = /node_modules\/(dockerode|docker-modem|fastify|@fastify|undici|tar-stream|@astral-sh|smol-toml)\//;
  expect(stdout.split("\n").filter((url) => heavy.test(url))).toEqual([]);
});
