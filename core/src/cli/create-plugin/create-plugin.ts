import { access, mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { messageOf } from "../../errors/leasehold-error.ts";
import { didYouMean } from "../../errors/nearest.ts";
import { CommandError } from "../../plugin/command.ts";
import { version } from "../../version.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import type { Terminal } from "../terminal.ts";
import { isPluginKind, PLUGIN_KINDS, type PluginKind } from "./kinds.ts";
import { type PluginFile, pluginFiles } from "./plugin-files.ts";
import { pluginNames } from "./plugin-names.ts";

/** `leasehold create-plugin <name> --kind <kind>`: writes a package that passes its tests and its conformance suite as it is. */
export async function createPlugin(
  terminal: Terminal,
  name: string,
  own: Readonly<Record<string, unknown>>,
): Promise<number> {
  const kind = kindOf(own["kind"]);
  const names = pluginNames(name);
  if (typeof names === "string") throw wrongCall(names, "Choose another name.");
  const directory = path.resolve(terminal.cwd, names.plugin);
  const files = await pluginFiles(kind, names, await sourceOfCore(own["core"], terminal.cwd, directory));
  await write(directory, files);
  terminal.stdout.write(`Wrote ${files.length} files to ${directory}.\n${nextSteps(names.plugin)}`);
  return EXIT_CODES.ENDED.code;
}

function kindOf(given: unknown): PluginKind {
  if (isPluginKind(given)) return given;
  const kinds = Object.keys(PLUGIN_KINDS);
  const choice = `Add --kind with one of: ${kinds.join(", ")}.`;
  if (typeof given !== "string") throw wrongCall("create-plugin needs to know what the plugin is for", choice);
  throw wrongCall(`there is no kind ${JSON.stringify(given)}${didYouMean(given, kinds)}`, choice);
}

/** What npm installs Leasehold from: the version that writes this, or what `--core` names; a path is made relative to the package. */
async function sourceOfCore(given: unknown, cwd: string, directory: string): Promise<string> {
  if (typeof given !== "string") return `^${version}`;
  if (!isPath(given)) return given;
  const file = path.resolve(cwd, given);
  await access(file).catch(() => {
    throw wrongCall(
      `--core names ${file}, and there is nothing`,
      "Name a tarball or a folder that is there, or a version.",
    );
  });
  return `file:${path.relative(directory, file)}`;
}

/** Addresses may end like tarballs. */
function isPath(source: string): boolean {
  return /^[./~]|\.tgz$/.test(source) && !/^[a-z+]+:/.test(source);
}

async function write(directory: string, files: readonly PluginFile[]): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    const present = await readdir(directory);
    if (present.length > 0)
      throw wrongCall(`${directory} is not empty`, "Choose another name, or call it from another directory.");
    for (const { file, text, mode } of files) {
      const target = path.join(directory, file);
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, text, { flag: "wx", mode });
    }
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError(`the package could not be written: ${messageOf(cause)}`, "Mend what this names.", { cause });
  }
}

function wrongCall(problem: string, fix: string): CommandError {
  return new CommandError(problem, fix, { exitCode: EXIT_CODES.USAGE.code });
}

function nextSteps(directory: string): string {
  return `Next:\n  cd ${directory}\n  npm install\n  npm test           # types, own tests, conformance\n`;
}
