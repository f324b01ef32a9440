/**
 * Every way in which texts leave a runner. Whoever adds one adds it here and masks there with `SecretStore`; the canary test
 * takes each out in turn and must find the secret that it lets through.
 */
export const EXITS = {
  log: "every line of a runner's log, whoever writes it",
  stdout: "what the core's own commands print: config, doctor, plugins, profiles, journal, help",
  output: "what may be a result on standard output: run, and the commands of plugins",
  stderr: "everything on standard error but the log: fault reports, stacks, errors of runs",
  thrown: "errors that leave a runner for the program that embeds it: message, stack, causes, details",
  error: "the error of an outcome, before anybody is told",
  result: "the result of an outcome",
  event: "what a run emits, before it is journalled or delivered",
  telemetry: "what telemetry's listeners hear",
  journal: "what the journal keeps, but for reports: resources, what sources remember, how runs were settled",
  report: "reports as sources make them, which hold results: journalled, and delivered from there",
  status: "how a runner stands: for its program, health checks and whoever drains it",
  stream: "texts and logs that plugins pass through their `secrets`",
} as const;

export type Exit = keyof typeof EXITS;
