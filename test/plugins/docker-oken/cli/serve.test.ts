import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Leasehold } from "../../../e2e/leasehold.ts";
import { describeWithEngine, engine } from "../engine.ts";
import { okenPlace } from "../oken-api.ts";

const ROOT = join(import.meta.dirname, "../../../..");

/** A project whose configuration names a coordinator too, one that is nowhere. */
async function project() {
  const { dataDir, network, instance } = await okenPlace();
  const directory = await mkdtemp(join(tmpdir(), "leasehold-serve-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await symlink(join(ROOT, "node_modules"), join(directory, "node_modules"));
  const { host: dockerHost, baseImage } = engine();
  const options = JSON.stringify({ dataDir, network, instance, dockerHost, baseImage, port: 0 });
  const config = `import { coordinator } from "@leasehold/coordinator";
import { dockerOken } from "@leasehold/docker-oken";
import { echo } from "@leasehold/profile-echo";
import { defineConfig } from "leasehold";
export default defineConfig({ plugins: [coordinator({ url: "http://127.0.0.1:1" }), echo(), dockerOken(${options})] });
`;
  await writeFile(join(directory, "runner.config.ts"), config);
  await mkdir(join(directory, "agent"));
  await writeFile(join(directory, "agent/oken.toml"), 'name = "VAT"\nslug = "vat-quote"\n');
  await writeFile(join(directory, "agent/main.py"), "def handler(input):\n    return {'gross': input['price'] * 2}\n");
  const env = { LEASEHOLD_CONFIG: join(directory, "runner.config.ts") };
  return (args: readonly string[]) => {
    const process = new Leasehold(args, { cwd: directory, env });
    onTestFinished(() => process.dispose());
    return process;
  };
}

describeWithEngine("leasehold oken", () => {
  test("serves without the coordinator, deploys, invokes, lists, and ends at SIGTERM", {
    timeout: 120_000,
  }, async () => {
    const leasehold = await project();
    const served = leasehold(["oken", "serve"]);
    await served.printed("listens on http://");
    const api = /http:\S+/.exec(served.stdout)?.[0] ?? "";
    const said = async (...args: string[]) => {
      const called = leasehold(["oken", ...args, "--api", api]);
      expect(await called.exit(), called.stderr).toBe(0);
      return called.stdout;
    };
    expect(await said("deploy", "agent")).toContain(`vat-quote is running: ${api}/invoke/vat-quote`);
    expect(await said("invoke", "vat-quote", '{"price": 21}')).toBe('{"gross":42}\n');
    expect(await said("ls")).toMatch(/vat-quote +running/);
    expect(await said("build-log", "vat-quote")).not.toBe("");
    served.signal("SIGTERM");
    expect(await served.exit(), served.stderr).toBe(0);
    expect(served.stderr).not.toContain("coordinator");
  });
});
