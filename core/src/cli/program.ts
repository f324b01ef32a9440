import { Command } from "commander";
import type { Configuration } from "../config/configuration.ts";
import type { OptionField } from "../config/option-field.ts";
import { version } from "../version.ts";
import { type BuiltIn, builtIns } from "./built-ins.ts";
import type { Call } from "./call.ts";
import { type Contributed, callContributed } from "./contributed.ts";
import { describeExitCodes } from "./exit-codes.ts";
import type { MaskedTerminal } from "./masked-terminal.ts";
import { addOptionFlags, readOptionFlags } from "./option-flags.ts";

export interface ProgramParts {
  readonly terminal: MaskedTerminal;
  readonly argv: readonly string[];
  readonly fields: readonly OptionField[];
  readonly commands: readonly Contributed[];
  /** What `--config` was taken to be before the plugins' flags were known. */
  readonly configArgument: string | undefined;
  /** Throws when the configuration could not be loaded. */
  readonly config: () => Configuration;
  readonly onError: (text: string) => void;
  readonly onExit: (code: number) => void;
}

/** The whole command line: the core's commands, then the plugins', each with the flags of all options. */
export function buildProgram(parts: ProgramParts): Command {
  const program = new Command("leasehold")
    .description("Leases agent runs and takes them through the hooks of its plugins")
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => parts.terminal.stdout.write(text), writeErr: parts.onError })
    .enablePositionalOptions()
    .addHelpText("after", `\n${describeExamples(rootExamples(parts))}`)
    .addHelpText("after", `\n${describeExitCodes(commandNames(parts))}`);
  addConfigFlag(program);
  for (const builtIn of builtIns) addBuiltIn(program, builtIn, parts);
  for (const contributed of parts.commands) addContributed(program, contributed, parts);
  return program;
}

function commandNames({ commands }: ProgramParts): string[] {
  return [...builtIns.map(({ name }) => name), ...commands.map(({ command }) => command.name)];
}

/** One of each command. */
function rootExamples({ commands }: ProgramParts): string[] {
  const all = [...builtIns.map(({ examples }) => examples), ...commands.map(({ command }) => command.examples ?? [])];
  return all.flatMap((examples) => examples.slice(0, 1));
}

function addBuiltIn(program: Command, builtIn: BuiltIn, parts: ProgramParts): void {
  const { name, summary, operands, examples, extraFlags = [], run } = builtIn;
  const command = addCommand(program, { name, summary, operands, examples });
  for (const [flag, description] of extraFlags) command.option(flag, description);
  const fields = builtIn.takesOptions === false ? [] : parts.fields;
  addOptionFlags(command, fields);
  if (builtIn.survivesConfig && !isLoaded(parts)) command.allowUnknownOption().allowExcessArguments();
  command.action(async () => {
    const call = callOf(program, command, parts, fields);
    parts.onExit(await run(call, command.args, command.opts()));
  });
}

function isLoaded({ config }: ProgramParts): boolean {
  try {
    config();
    return true;
  } catch {
    return false;
  }
}

function addContributed(program: Command, contributed: Contributed, parts: ProgramParts): void {
  const { name, summary, arguments: operands = [], examples = [] } = contributed.command;
  const command = addCommand(program, { name, summary, operands, examples });
  const shared = withoutTaken(parts.fields, contributed.fields);
  addOptionFlags(command, contributed.fields);
  addOptionFlags(command, shared);
  command.action(async () => {
    const call = callOf(program, command, parts, shared);
    const own = readOptionFlags(command, contributed.fields);
    parts.onExit(await callContributed(call, contributed, command.args, own));
  });
}

function addCommand(
  program: Command,
  { name, summary, operands, examples }: Pick<BuiltIn, "name" | "summary" | "operands" | "examples">,
): Command {
  const command = program.command([name, ...operands].join(" ")).description(summary);
  if (operands.some((operand) => operand.includes("..."))) command.passThroughOptions();
  if (examples.length > 0) command.addHelpText("after", `\n${describeExamples(examples)}`);
  addConfigFlag(command);
  return command;
}

function describeExamples(examples: readonly string[]): string {
  return ["Examples:", ...examples.map((line) => `  leasehold ${line}`)].join("\n");
}

function addConfigFlag(command: Command): void {
  command.option(
    "--config <file>",
    "configuration file (env LEASEHOLD_CONFIG; default runner.config.ts here or above)",
  );
}

/** A command's own flags go before those that all commands share. */
function withoutTaken(fields: readonly OptionField[], own: readonly OptionField[]): OptionField[] {
  const taken = new Set(own.flatMap(({ flag }) => [flag?.short, flag?.long]));
  return fields.filter(({ flag }) => !flag || !(taken.has(flag.long) || (flag.short && taken.has(flag.short))));
}

function callOf(program: Command, command: Command, parts: ProgramParts, fields: readonly OptionField[]): Call {
  const named = command.opts()["config"] ?? program.opts()["config"];
  if (named !== parts.configArgument)
    command.error(`error: write --config <file> once, as the first words after "${command.name()}"`);
  return {
    terminal: parts.terminal,
    argv: parts.argv,
    flags: readOptionFlags(command, fields),
    get config() {
      return parts.config();
    },
  };
}
