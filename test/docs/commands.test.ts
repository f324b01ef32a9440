import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { z } from "leasehold";
import { describe, expect, it, onTestFinished } from "vitest";
import { builtIns } from "../../core/src/cli/built-ins.ts";
import { readFields } from "../../core/src/config/option-field.ts";
import { splitWords } from "../../plugins/command-executor/src/resolve/split-words.ts";
import { blocksOf } from "../../tools/docs/blocks.ts";
import { codeIn, contributed, optionsOf, pages, plugins, read, root } from "./pages.ts";

/** Pages that are kept as they were, or made from the sources. */
const written = pages.filter((page) => page !== "CHANGELOG.md" && !page.startsWith("docs/api/"));

const shared = ["core", ...plugins.map(({ definition }) => definition.name)].flatMap((owner) => optionsOf(owner));
const flagsOfOptions = shared.flatMap(({ flag }) => [flag?.short, flag?.long]);
const everywhere = ["--config", "--help", "-h"];
/** Words behind the first operand of these belong to an agent. */
const PASSED_ON = ["run", "submit"];

/** Every command with the flags that it takes. */
const commands: ReadonlyMap<string, readonly (string | undefined)[]> = new Map([
  ...builtIns.map(({ name, extraFlags = [], takesOptions }): [string, (string | undefined)[]] => {
    const own = extraFlags.flatMap(([text]) => text.split(/[ ,]+/).filter((word) => word.startsWith("-")));
    return [name, [...everywhere, ...own, ...(takesOptions === false ? [] : flagsOfOptions)]];
  }),
  ...contributed.map(({ name, options = z.strictObject({}) }): [string, (string | undefined)[]] => {
    const own = readFields(name, options).fields.flatMap(({ flag }) => [flag?.short, flag?.long]);
    return [name, [...everywhere, ...own, ...flagsOfOptions]];
  }),
]);

describe.each(written)("%s", (page) => {
  it("names commands and flags that there are", () => {
    expect(commandLinesOf(page).flatMap(faultsOf)).toEqual([]);
  });

  it("names npm scripts that there are", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = [...read(page).matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, script = ""]) => script);
    expect(named.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
  });

  it("names build arguments that there are", () => {
    const named = [...read(page).matchAll(/--build-arg (\w+)=/g)].map(([, argument = ""]) => argument);
    const declared = [...read("Dockerfile").matchAll(/^ARG (\w+)/gm)].map(([, argument]) => argument);
    expect(named.filter((argument) => !declared.includes(argument))).toEqual([]);
  });

  it("names variables that the sources know", () => {
    const named = read(page).match(/\b(?:LEASEHOLD|OKEN|AUTH0)_[A-Z][A-Z0-9_]*\b/g) ?? [];
    expect([...new Set(named)].filter((variable) => !sources().includes(variable))).toEqual([]);
  });

  it("shows JSON that is JSON", () => {
    const texts = blocksOf(read(page)).flatMap(({ language, text }) => (language === "json" ? [text] : []));
    for (const text of texts) expect(() => JSON.parse(text), text).not.toThrow();
  });
});

it("command lines are found in boxes and in sentences, and judged", () => {
  expect(commandLinesOf("README.md")).toEqual(
    expect.arrayContaining([["run", "echo", "--message", "hello"], ["start"], ["dev", "--watch"]]),
  );
  expect(written.flatMap(commandLinesOf).length).toBeGreaterThan(100);
  const faults = [["strat"], ["start", "--colour"], ["run", "--colour", "echo"], ["oken", "ls", "--profile-list"]];
  expect(faults.map((words) => faultsOf(words).length)).toEqual([1, 1, 1, 1]);
  expect(
    [
      ["run", "echo", "--colour", "red"],
      ["journal", "ls", "--json"],
    ].flatMap(faultsOf),
  ).toEqual([]);
});

it("what needs no server is run, and prints what the README says", { timeout: 60_000 }, async () => {
  const [, line = "", printed = ""] =
    /```bash\n(npx leasehold run [^\n]+)\n```\n\nprints `([^`]+)`/.exec(read("README.md")) ?? [];
  const [, code = "", words = "", exitCode = ""] =
    /\(`(npx leasehold run ([^`]+))` exits with (\d+)\)/.exec(read("README.md")) ?? [];
  expect(await ran(line)).toMatchObject({ code: 0, stdout: `${printed}\n` });
  expect(words).not.toBe("");
  expect(await ran(code)).toMatchObject({ code: Number(exitCode) });
});

/** The words behind `leasehold` wherever a page shows a command line: in its boxes, and in sentences. */
function commandLinesOf(page: string): string[][] {
  const text = read(page);
  const boxes = blocksOf(text).filter(({ language }) => ["bash", "sh", "console"].includes(language));
  const typed = boxes.flatMap(({ text: box }) =>
    [
      ...box
        .replaceAll("\\\n", " ")
        .matchAll(/(?:^|&& |\$ |npx |\.bin\/|exec \w+ |[A-Z_]+=\S* )leasehold ([^\n|&;]+)/gm),
    ].map(([, line = ""]) => line),
  );
  const said = codeIn(text.replace(/^```.*?^```$/gms, "")).flatMap(
    (code) => /^(?:npx )?leasehold (.+)$/.exec(code)?.[1] ?? [],
  );
  return [...typed, ...said].map((line) => wordsOf(line)).filter(([command]) => command !== undefined);
}

/** Without what stands for something: `[--json]` is `--json`, `<agent>` an operand, `…` nothing. */
function wordsOf(line: string): string[] {
  const [shown = ""] = line.split(/\s[|#]\s|\s…/);
  return splitWords(shown.replace(/[[\]]/g, "").replaceAll("'", '"')).filter((word) => word !== "…" && word !== "");
}

function faultsOf([command = "", ...words]: readonly string[]): string[] {
  if (/^(?:…|-)/.test(command)) return ["--version", "--help", "…"].includes(command) ? [] : [command];
  const flags = commands.get(command);
  if (!flags) return [`there is no command ${command}`];
  const end = PASSED_ON.includes(command) ? words.findIndex((word) => !word.startsWith("-")) : -1;
  const own = words.slice(0, end < 0 ? words.length : end).filter((word) => /^--?[a-z]/i.test(word));
  return own.filter((word) => !flags.includes(word.split("=", 1)[0])).map((flag) => `${command} has no ${flag}`);
}

let allSources: string | undefined;

/** What is executed, and the tests' own machinery. */
function sources(): string {
  const files = [
    "{core,plugins,profiles}/**/*.{ts,js,py}",
    "{image,tools,examples,test}/**/*.{ts,sh,yml}",
    "Dockerfile",
    ".ci/*",
  ];
  const exclude = ["**/node_modules/**", "**/dist/**", "test/docs/**"];
  allSources ??= globSync(files, { cwd: root, exclude })
    .map((file) => readFileSync(path.join(root, file), "utf8"))
    .join("\n");
  return allSources;
}

async function ran(line: string): Promise<{ code: number; stdout: string }> {
  const words = splitWords(line.replace(/^npx leasehold /, ""));
  const directory = await mkdtemp(path.join(tmpdir(), "leasehold-readme-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const { PATH = "", HOME = "/" } = process.env;
  const env = { PATH, HOME, PROJECT_DIR: directory, LEASEHOLD_CONFIG: path.join(root, "runner.config.ts") };
  return promisify(execFile)(process.execPath, [path.join(root, "core/bin/leasehold.js"), ...words], { env }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
  );
}
