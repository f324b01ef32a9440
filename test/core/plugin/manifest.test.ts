import { definePlugin, z } from "leasehold";
import { startRunner } from "leasehold/testing";
import { expect, it } from "vitest";

const options = z.strictObject({
  key: z.string().optional().meta({ secret: true, env: "KEY" }),
  place: z.string().default("/srv"),
});
const declaring = definePlugin({
  name: "declaring",
  apiVersion: 1,
  options,
  manifest: { spawn: true, secrets: ["a"] },
});
const silent = definePlugin({ name: "silent", apiVersion: 1 });

it("a plugin's report shows what it declares, with its secret options", async () => {
  await using bench = await startRunner([declaring(), silent()]);
  const [declared, nothing] = ["declaring", "silent"].map(
    (name) => bench.runner.plugins.find((plugin) => plugin.name === name)?.manifest,
  );
  expect(declared).toEqual({ spawn: true, docker: false, network: [], secrets: ["key (KEY)", "a"], fileRoots: [] });
  expect(nothing).toBeUndefined();
});

it("a manifest that says something else is a fault", async () => {
  const misspelt = definePlugin({ name: "misspelt", apiVersion: 1, manifest: { network: "example.com" as never } });
  await expect(startRunner([misspelt()])).rejects.toThrow(/its manifest\.network: .* \(plugin "misspelt"\)/);
});
