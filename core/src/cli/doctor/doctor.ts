import type { ResolvedConfig } from "../../config/resolve-config.ts";
import { FaultReport } from "../../errors/leasehold-error.ts";
import type { Plugin } from "../../plugin/plugin.ts";
import type { Runner } from "../../runner-api.ts";
import { boot, type Call, resolve } from "../call.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { listenForInterrupts } from "../interrupts.ts";
import { checkCopies, checkNode, checkProjectDirectory } from "./check-machine.ts";
import { checkPlugins } from "./check-plugins.ts";
import { checkProfiles } from "./check-profiles.ts";
import { checkState } from "./check-state.ts";
import { type Finding, failuresOf } from "./finding.ts";
import { asJson, asLines } from "./report-findings.ts";

/** `leasehold doctor`: everything that can be looked at, whatever else is broken. */
export async function doctor(call: Call, json: boolean): Promise<number> {
  const interrupts = listenForInterrupts();
  try {
    const findings = await examine(call, interrupts.first);
    interrupts.throwStray();
    call.terminal.stdout.write(json ? asJson(findings) : asLines(findings, call.terminal.stdout));
    return findings.every(({ ok }) => ok) ? EXIT_CODES.ENDED.code : EXIT_CODES.FAULT.code;
  } finally {
    interrupts.dispose();
  }
}

async function examine(call: Call, signal: AbortSignal): Promise<Finding[]> {
  const copies = checkCopies(pluginsOf(call));
  const first = [checkNode(), ...copies];
  let config: ResolvedConfig;
  try {
    config = await resolve(call);
  } catch (thrown) {
    return [...first, ...failuresOf("configuration", thrown)];
  }
  const found: Finding = { check: "configuration", ok: true, detail: call.config.file };
  const directory = await checkProjectDirectory(config.options.projectDir);
  const { runner, findings } = await setUp(call, config);
  try {
    const profiles = runner ? await checkProfiles(runner, config.options) : [];
    const state = runner ? await checkState(config.options, runner.activeProfile?.name) : [];
    const contributed = await checkPlugins(call, config, runner, signal);
    return [...first, found, directory, ...findings, ...profiles, ...state, ...contributed];
  } finally {
    await runner?.close();
  }
}

/** None when the configuration could not be loaded, which is reported by itself. */
function pluginsOf(call: Call): readonly Plugin[] {
  try {
    return call.config.plugins;
  } catch {
    return [];
  }
}

/** The log is silent unless asked for: what matters of it becomes a line of the report. */
async function setUp(call: Call, config: ResolvedConfig): Promise<{ runner?: Runner; findings: Finding[] }> {
  const check = "set-up";
  try {
    const { options, plugins } = config;
    const runner = await boot(call, config, { silent: !options.verbose });
    return { runner, findings: [{ check, ok: true, detail: `${plugins.length} plugins` }] };
  } catch (thrown) {
    if (!(thrown instanceof FaultReport)) throw thrown;
    // Copies of the core are looked for by a check of their own.
    const faults = thrown.faults.filter(({ code }) => code !== "CORE_COPIES");
    return {
      findings: faults.flatMap((fault) => failuresOf(fault.code.startsWith("PROFILE_") ? "profile" : check, fault)),
    };
  }
}
