import { type Check, type CheckResult, Credentials } from "leasehold";
import { options } from "../options.ts";
import { type Probe, probe } from "./probe.ts";

/** As much as two clocks may differ before expiring credentials and the order of events suffer. */
const TOLERANCE_SECONDS = 30;

/** Whether the coordinator's clock agrees with this machine's. */
export const clock: Check = {
  name: "clock",
  async run({ pluginOptions, runner, signal }) {
    const { url } = options.parse(pluginOptions);
    const probed = { url, credentials: runner?.services.find(Credentials), signal };
    // That nobody answers is reported by itself.
    const answer = await probe(probed, "/health").catch(() => undefined);
    return answer ? judgeClock(answer) : [];
  },
};

/** The header has whole seconds, and was written at some moment between question and answer. */
function judgeClock({ date, sentAt, answeredAt }: Probe): CheckResult[] {
  if (date === undefined) return [];
  const ahead = date - answeredAt;
  const behind = sentAt - (date + 1_000);
  const seconds = Math.max(ahead, behind, 0) / 1_000;
  if (seconds <= TOLERANCE_SECONDS) return [{ ok: true, detail: `clocks agree within ${TOLERANCE_SECONDS} s` }];
  return [
    {
      ok: false,
      problem: `the coordinator's clock is ${Math.round(seconds)} s ${ahead > behind ? "ahead of" : "behind"} this machine's`,
      fix: "Synchronise both clocks, e.g. by NTP: credentials expire by them, and events are sorted by them.",
    },
  ];
}
