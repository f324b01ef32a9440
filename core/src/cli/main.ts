import { CommanderError } from "commander";
import { loadConfigFile } from "../config/config-file.ts";
import { type Configuration, readConfiguration } from "../config/configuration.ts";
import { coreOptions } from "../config/core-options.ts";
import { type OptionField, readFields } from "../config/option-field.ts";
import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import { registerEnvironment } from "../redaction/register-options.ts";
import { SecretStore } from "../redaction/secret-store.ts";
import { builtIns } from "./built-ins.ts";
import { findConfigArgument } from "./config-argument.ts";
import { type Contributed, readCommands } from "./contributed.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { type MaskedTerminal, maskTerminal } from "./masked-terminal.ts";
import { buildProgram } from "./program.ts";
import { reportFailure } from "./report.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** The command line `leasehold <argv…>`. Answers the exit code; never rejects. */
export default async function main(
  argv: readonly string[],
  unmasked: Terminal = processTerminal(),
  secrets: SecretStore = new SecretStore(),
): Promise<number> {
  registerEnvironment(secrets, unmasked.env);
  const terminal = maskTerminal(unmasked, secrets);
  const stopListening = reportStrays(argv, terminal);
  try {
    const code = await dispatch(argv, terminal);
    const fault = terminal.outputFault?.();
    if (fault) throw new LeaseholdError("OUTPUT_LOST", { problem: fault.message }, { cause: fault });
    return code;
  } catch (error) {
    return reportFailure(error, terminal, wantsVerbose(argv, terminal));
  } finally {
    stopListening();
  }
}

/** Errors that nobody catches end a command that has nothing to end in order, as Node would, but masked. */
function reportStrays(argv: readonly string[], terminal: MaskedTerminal): () => void {
  const onStray = (thrown: unknown): void => {
    if (process.listenerCount("uncaughtException") > 1) return;
    const stray = new LeaseholdError("STRAY_ERROR", { problem: messageOf(thrown) }, { cause: thrown });
    process.exit(reportFailure(stray, terminal, wantsVerbose(argv, terminal)));
  };
  process.on("uncaughtException", onStray);
  return () => void process.off("uncaughtException", onStray);
}

/** Loads the configuration first, since plugins contribute flags and commands, and only then reads the command line. */
async function dispatch(argv: readonly string[], terminal: MaskedTerminal): Promise<number> {
  const configArgument = findConfigArgument(argv);
  const loaded = await load(configArgument, terminal);
  const errors: string[] = [];
  let code: number = EXIT_CODES.ENDED.code;
  const program = buildProgram({
    ...loaded,
    terminal,
    argv,
    configArgument,
    onError: (text) => errors.push(withoutValue(text)),
    onExit: (exit) => {
      code = exit;
    },
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return noteMissingPlugins(loaded, error, terminal);
    // Without the plugins' flags and commands there is no telling what is unknown.
    if (argv.length > 0) loaded.config();
    terminal.stderr.write(errors.join(""));
    return EXIT_CODES.USAGE.code;
  }
}

/** What is given to a flag that nobody knows may be a secret that was misspelt. */
function withoutValue(error: string): string {
  return error.replace(/(unknown option '-[^='\s]*)=.*'/s, "$1'");
}

interface Loaded {
  readonly fields: readonly OptionField[];
  readonly commands: readonly Contributed[];
  readonly config: () => Configuration;
}

async function load(named: string | undefined, { env, cwd }: Terminal): Promise<Loaded> {
  try {
    const read = readConfiguration(await loadConfigFile({ named: named ?? env["LEASEHOLD_CONFIG"], cwd, env }));
    const { commands, faults } = readCommands(read.plugins, [...builtIns.map(({ name }) => name), "help"]);
    const config = { ...read, faults: [...read.faults, ...faults] };
    return { fields: config.fields, commands, config: () => config };
  } catch (error) {
    const refuse = (): never => {
      throw error;
    };
    return { fields: readFields("", coreOptions).fields, commands: [], config: refuse };
  }
}

/** Help is given even where the configuration cannot be loaded, but it is not complete then. */
function noteMissingPlugins({ config }: Loaded, { code }: CommanderError, { stderr }: Terminal): number {
  if (code === "commander.version") return EXIT_CODES.ENDED.code;
  try {
    config();
  } catch (error) {
    stderr.write(`\nCommands and flags of plugins are not shown: ${messageOf(error)}\n`);
  }
  return EXIT_CODES.ENDED.code;
}

function wantsVerbose(argv: readonly string[], { env }: Terminal): boolean {
  return argv.includes("-v") || argv.includes("--verbose") || /^(true|1|yes|on)$/i.test(env["VERBOSE"]?.trim() ?? "");
}
