import type { Check, CheckResult } from "leasehold";
import { unknownGrantees } from "../grants.ts";
import { options } from "../options.ts";

/** Whether those who are granted variables are there, and the variables set. */
export const grants: Check = {
  name: "grants",
  async run({ pluginOptions, runner }) {
    const { environment } = options.parse(pluginOptions);
    const { agents, profiles } = environment.grants;
    const wanted = [...Object.values(agents), ...Object.values(profiles)].flat();
    if (wanted.length === 0 || !runner) return [];
    const unset = [...new Set(wanted)].filter((name) => process.env[name] === undefined);
    const problems = [
      ...unknownGrantees(environment.grants, runner.profiles),
      ...unset.map((name) => `variable ${name} is granted, but not set`),
    ];
    return problems.length === 0 ? { ok: true, detail: [...new Set(wanted)].join(", ") } : problems.map(asProblem);
  },
};

function asProblem(problem: string): CheckResult {
  return {
    ok: false,
    problem,
    fix: "Mend environment.grants of commandExecutor in runner.config.ts, or set the variable.",
  };
}
