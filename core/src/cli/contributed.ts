import { fileURLToPath } from "node:url";
import type { Configuration } from "../config/configuration.ts";
import type { Sources } from "../config/gather.ts";
import { type OptionField, readFields } from "../config/option-field.ts";
import { resolveOptions } from "../config/resolve-options.ts";
import { FaultReport, LeaseholdError } from "../errors/leasehold-error.ts";
import type { Command } from "../plugin/command.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { type Call, resolve } from "./call.ts";
import { CommandRunners } from "./command-runners.ts";
import { listenForInterrupts } from "./interrupts.ts";
import { endLoading } from "./loading.ts";
import { surroundingsOf } from "./surroundings.ts";

/** A command that a plugin contributes, with the fields of its own flags. */
export interface Contributed {
  readonly plugin: Plugin;
  readonly command: Command;
  readonly fields: readonly OptionField[];
}

/** The plugins' commands. Of two with one name the first wins; the other, and wrong flags, become faults. */
export function readCommands(
  plugins: Configuration["plugins"],
  builtIn: readonly string[],
): { commands: Contributed[]; faults: LeaseholdError[] } {
  const owners = new Map(builtIn.map((name) => [name, "the core"]));
  const commands: Contributed[] = [];
  const faults: LeaseholdError[] = [];
  for (const plugin of plugins)
    for (const command of plugin.definition.commands ?? []) {
      const second = `plugin "${plugin.definition.name}"`;
      const first = owners.get(command.name);
      if (first !== undefined) {
        if (first !== second)
          faults.push(new LeaseholdError("NAME_TAKEN", { what: `command "${command.name}"`, first, second }));
        continue;
      }
      owners.set(command.name, second);
      const read = command.options
        ? readFields(`command "${command.name}"`, command.options)
        : { fields: [], faults: [] };
      commands.push({ plugin, command, fields: read.fields });
      faults.push(...read.faults);
    }
  return { commands, faults };
}

/** Calls a contributed command; SIGINT, SIGTERM and SIGHUP abort its signals, and its answer is the exit code. */
export async function callContributed(
  call: Call,
  { plugin, command, fields }: Contributed,
  operands: readonly string[],
  flags: Sources["flags"],
): Promise<number> {
  // It need not set up a runner, and may be a server all the same.
  endLoading();
  const config = await resolve(call);
  const interrupts = listenForInterrupts();
  const runners = new CommandRunners(call, plugin.definition.name);
  try {
    const code = await command.run({
      ...surroundingsOf(call, config, plugin),
      arguments: operands,
      options: await ownOptions(call, command, fields, flags),
      signal: interrupts.first,
      secondSignal: interrupts.second,
      again: { file: process.execPath, args: [BIN, ...call.argv] },
      createRunner: (overrides) => runners.create(overrides),
    });
    interrupts.throwStray();
    return code;
  } finally {
    interrupts.dispose();
    await runners.close();
  }
}

/** Lies equally far from the sources and from what is compiled. */
const BIN = fileURLToPath(new URL("../../bin/leasehold.js", import.meta.url));

async function ownOptions(
  { terminal }: Call,
  { name, options }: Command,
  fields: readonly OptionField[],
  flags: Sources["flags"],
): Promise<Readonly<Record<string, unknown>>> {
  if (!options) return {};
  const owner = { name: `command "${name}"`, schema: options, fields, fromFile: undefined };
  const { values, faults } = await resolveOptions(owner, {
    file: "",
    env: terminal.env,
    flags,
    secrets: terminal.secrets,
  });
  if (faults.length > 0) throw new FaultReport(`the options of ${name} have faults`, faults);
  return values;
}
