import { type Check, definePlugin, SecretStore } from "leasehold";
import { describe, expect, it } from "vitest";
import { checkPlugins } from "../../../../core/src/cli/doctor/check-plugins.ts";
import { maskTerminal } from "../../../../core/src/cli/masked-terminal.ts";
import { processTerminal } from "../../../../core/src/cli/terminal.ts";
import { readConfiguration } from "../../../../core/src/config/configuration.ts";
import { resolveConfig } from "../../../../core/src/config/resolve-config.ts";

describe("checkPlugins", () => {
  it("takes a check that does not end for a failure", async () => {
    const told = Promise.withResolvers<AbortSignal>();
    const check: Check = {
      name: "endless",
      run: ({ signal }) => {
        told.resolve(signal);
        return new Promise(() => undefined);
      },
    };
    expect(await findingsOf([check], 0.02)).toEqual([
      {
        ok: false,
        check: "endless",
        plugin: "slow",
        problem: `check "endless" of plugin "slow" failed: it took longer than 0.02 s`,
        fix: expect.any(String),
      },
    ]);
    expect((await told.promise).aborted).toBe(true);
  });

  it("makes all checks although one throws at once", async () => {
    const bomb: Check = {
      name: "bomb",
      run: () => {
        throw new Error("boom");
      },
    };
    const fine: Check = { name: "fine", run: async () => ({ ok: true }) };
    expect(await findingsOf([bomb, fine])).toMatchObject([
      { check: "bomb", ok: false },
      { check: "fine", ok: true },
    ]);
  });
});

async function findingsOf(checks: readonly Check[], seconds?: number) {
  const slow = definePlugin({ name: "slow", apiVersion: 1, checks });
  const config = readConfiguration({ file: "/nowhere/runner.config.ts", config: { plugins: [slow()] } });
  const resolved = await resolveConfig(config, { env: {}, cwd: "/", flags: new Map() });
  const call = { terminal: maskTerminal(processTerminal(), new SecretStore()), argv: [], config, flags: new Map() };
  return checkPlugins(call, resolved, undefined, new AbortController().signal, seconds);
}
