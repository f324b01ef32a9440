/** What the exit codes of every command mean; the help prints this table. */
export const EXIT_CODES = {
  ENDED: { code: 0, meaning: "ended in order: by a signal, deregistered, nothing more to do" },
  FAULT: {
    code: 1,
    meaning:
      "fault of the configuration, a profile, the registration, a plugin or the output; doctor, health: not all is well",
  },
  USAGE: { code: 2, meaning: "wrong command, flag, agent or parameters" },
  NO_RUNNER: { code: 3, meaning: "drain, health: no runner is there" },
  RUN_FAILED: { code: 1, meaning: "run, submit: the agent failed; its own exit code where it has one" },
  SIGINT: { code: 130, meaning: "run, drain: interrupted by SIGINT; submit: interrupted, or the run was stopped" },
  SIGHUP: { code: 129, meaning: "run, drain: interrupted by SIGHUP, as by the end of its terminal" },
  SIGTERM: { code: 143, meaning: "run, drain: interrupted by SIGTERM" },
} as const satisfies Record<string, { code: number; meaning: string }>;

/** The table as the help shows it. */
export function describeExitCodes(): string {
  return [
    "Exit codes:",
    ...Object.values(EXIT_CODES).map(({ code, meaning }) => `  ${`${code}`.padEnd(5)}${meaning}`),
  ].join("\n");
}
