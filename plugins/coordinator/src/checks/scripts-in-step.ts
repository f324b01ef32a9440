import type { Check, CheckResult } from "leasehold";
import { readScriptNames } from "../scripts.ts";
import { ScriptsToken } from "../scripts-token.ts";
import { findOwn, probedBy } from "./identity.ts";
import { probe } from "./probe.ts";
import { readRunners } from "./runners.ts";

/** Whether what is installed is what the coordinator has. Only a runner that is up can be out of step: a start brings the rest. */
export const scriptsInStep: Check = {
  name: "scripts in step",
  async run(context) {
    const profile = context.runner?.activeProfile;
    const scripts = context.runner?.services.find(ScriptsToken);
    if (!profile || !scripts) return [];
    const probed = probedBy(context);
    const answers = await Promise.all([probe(probed, "/scripts"), probe(probed, "/runners")]).catch(() => undefined);
    const listed = answers && readScriptNames(answers[0].body);
    const runners = answers && readRunners(answers[1].body);
    // That there is no coordinator is reported by itself.
    if (!listed || !runners) return [];
    const isUp = findOwn(runners, context, profile)?.status === "online";
    return judge(listed, await scripts.installed(), isUp);
  },
};

function judge(listed: readonly string[], installed: readonly string[], isUp: boolean): CheckResult {
  const missing = listed.filter((name) => !installed.includes(name));
  const left = installed.filter((name) => !listed.includes(name));
  if (missing.length + left.length === 0) return { ok: true, detail: listed.join(", ") || "none" };
  const differences = [
    ...missing.map((name) => `"${name}" is not installed`),
    ...left.map((name) => `"${name}" is not listed by the coordinator`),
  ].join(", ");
  if (!isUp) return { ok: true, detail: `${differences}; the next start brings them into step` };
  const fix =
    "Look for the script's name in the log of the running runner, which says why; a restart syncs all scripts anew.";
  return { ok: false, problem: differences, fix };
}
