import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { coreOptions } from "../../core/src/config/core-options.ts";
import { type OptionField, readFields } from "../../core/src/config/option-field.ts";
import type { Command, Plugin } from "../../core/src/index.ts";
import { auth0M2M } from "../../plugins/auth0-m2m/src/index.ts";
import { commandExecutor } from "../../plugins/command-executor/src/index.ts";
import { coordinator } from "../../plugins/coordinator/src/index.ts";
import { dockerOken } from "../../plugins/docker-oken/src/index.ts";
import { embeddedCoordinator } from "../../plugins/embedded-coordinator/src/index.ts";
import { scriptExecutor } from "../../plugins/script-executor/src/index.ts";

export const root = path.join(import.meta.dirname, "../..");

/** Every page of the repository that people write or read, from its root. */
export const pages: readonly string[] = globSync(
  ["*.md", "docs/**/*.md", "{core,plugins/*,profiles/*,examples/*}/*.md", "test/**/*.md"],
  { cwd: root, exclude: ["**/node_modules/**"] },
);

export function read(page: string): string {
  return readFileSync(path.join(root, page), "utf8");
}

/** The first-party plugins that have options or commands. */
export const plugins: readonly Plugin[] = [
  coordinator(),
  auth0M2M(),
  commandExecutor(),
  scriptExecutor(),
  dockerOken(),
  embeddedCoordinator(),
];

/** Commands of plugins. */
export const contributed: readonly Command[] = plugins.flatMap(({ definition }) => definition.commands ?? []);

/** The options of the core (`core`) or of a plugin, by its name. */
export function optionsOf(owner: string): readonly OptionField[] {
  const schema =
    owner === "core" ? coreOptions : plugins.find(({ definition }) => definition.name === owner)?.definition.options;
  if (!schema) throw new Error(`there are no options of ${owner}`);
  return readFields(owner, schema).fields;
}

/** A row of a table: its cells by the headings of their columns. */
export type Row = Readonly<Record<string, string>>;

/** The rows of all tables of a page, or of one section of it (the text of its heading). */
export function rowsOf(page: string, section?: string): Row[] {
  const text = section === undefined ? read(page) : sectionOf(read(page), section);
  const tables = text.replace(/^```.*?^```$/gms, "").match(/(?:^\|.*\|[ \t]*$\n?)+/gm) ?? [];
  return tables.flatMap((table) => {
    const [headings = [], , ...rows] = table.trimEnd().split("\n").map(cellsOf);
    return rows.map((cells) => Object.fromEntries(headings.map((heading, at) => [heading, cells[at] ?? ""])));
  });
}

/** What stands in a text as code: `` `A`, `B` `` is A and B. */
export function codeIn(text = ""): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

function sectionOf(text: string, heading: string): string {
  const [, after] = text.split(new RegExp(`^#+ ${heading}$`, "m"));
  if (after === undefined) throw new Error(`there is no section "${heading}"`);
  return after.split(/^#+ /m)[0] ?? "";
}

/** A pipe separates unless a backslash stands in front of it, within code too. */
function cellsOf(row: string): string[] {
  return row
    .trim()
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}
