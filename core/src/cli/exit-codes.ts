interface Meaning {
  readonly what: string;
  /** The commands that it is for; all of them unless given. */
  readonly of?: readonly string[];
}

interface ExitCode {
  readonly code: number;
  readonly meanings: readonly Meaning[];
}

/** What the exit codes mean; the help prints this table. */
export const EXIT_CODES = {
  ENDED: { code: 0, meanings: [{ what: "ended in order: by a signal, deregistered, nothing more to do" }] },
  FAULT: {
    code: 1,
    meanings: [
      { what: "fault of the configuration, a profile, the registration, a plugin or the output" },
      { of: ["doctor", "health"], what: "not all is well" },
    ],
  },
  RUN_FAILED: {
    code: 1,
    meanings: [{ of: ["run", "submit"], what: "the agent failed; its own exit code where it has one" }],
  },
  USAGE: { code: 2, meanings: [{ what: "wrong command, flag, agent or parameters" }] },
  NO_RUNNER: { code: 3, meanings: [{ of: ["drain", "health"], what: "no runner is there" }] },
  SIGHUP: {
    code: 129,
    meanings: [{ of: ["run", "drain"], what: "interrupted by SIGHUP, as by the end of its terminal" }],
  },
  SIGINT: {
    code: 130,
    meanings: [
      { of: ["run", "drain"], what: "interrupted by SIGINT" },
      { of: ["submit"], what: "interrupted, or the run was stopped" },
    ],
  },
  SIGTERM: { code: 143, meanings: [{ of: ["run", "drain"], what: "interrupted by SIGTERM" }] },
} as const satisfies Record<string, ExitCode>;

/** The table as the help shows it, each code once, for the commands that there are. */
export function describeExitCodes(commands: readonly string[]): string {
  const lines = new Map<number, string[]>();
  for (const { code, meanings } of Object.values<ExitCode>(EXIT_CODES)) {
    const told = meanings.flatMap((meaning) => describe(meaning, commands) ?? []);
    if (told.length > 0) lines.set(code, [...(lines.get(code) ?? []), ...told]);
  }
  return ["Exit codes:", ...[...lines].map(([code, told]) => `  ${`${code}`.padEnd(5)}${told.join("; ")}`)].join("\n");
}

/** Nothing when it is for commands that are not there. */
function describe({ what, of }: Meaning, commands: readonly string[]): string | undefined {
  if (!of) return what;
  const present = of.filter((command) => commands.includes(command));
  return present.length > 0 ? `${present.join(", ")}: ${what}` : undefined;
}
