import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { blocksOf } from "../../tools/docs/blocks.ts";
import { pages, read, root } from "./pages.ts";

/** Generated pages hold signatures, not programs. */
const GENERATED = ["docs/api/", "docs/hooks.md"];
/** What snippets leave to their readers. */
const PRELUDE = `
declare function runWasm(file: string, parameters: object, signal: AbortSignal): Promise<string>;
declare function readToken(file: string): Promise<string>;
declare function mintToken(agent: string): Promise<string>;
declare function startContainer(image: string, token: string, signal: AbortSignal): Promise<{
  readonly logs: import("node:stream").Readable;
  readonly report: Promise<string>;
}>;
`;

/** The TypeScript of all pages, but for what `npm run newcomer` runs, by the place where it stands. */
function snippets(): Map<string, string> {
  const found = new Map<string, string>();
  for (const page of pages.filter((one) => !GENERATED.some((start) => one.startsWith(start))))
    for (const { language, note, text, line } of blocksOf(read(page)))
      if (language === "ts" && !isRunElsewhere(page, note)) found.set(`${page}:${line}`, text);
  return found;
}

function isRunElsewhere(page: string, note: string): boolean {
  return page === "docs/authoring.md" && note.startsWith("file=");
}

it("every snippet compiles", async () => {
  // Below the packages, so that it finds them.
  const directory = await mkdtemp(path.join(root, "node_modules/.snippets-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const found = [...snippets()];
  expect(found.length).toBeGreaterThan(10);
  for (const [index, [place, text]] of found.entries())
    await writeFile(path.join(directory, `snippet-${index}.ts`), `// ${place}\n${text}\nexport {};\n`);
  await writeFile(path.join(directory, "prelude.d.ts"), PRELUDE);
  await writeFile(path.join(directory, "tsconfig.json"), JSON.stringify(configuration()));
  const tsc = path.join(root, "node_modules/.bin/tsc");
  const told = await promisify(execFile)(tsc, ["-p", directory]).then(
    () => "",
    ({ stdout }: { stdout: string }) => stdout,
  );
  const named = told.replace(/\S*snippet-(\d+)\.ts/g, (_, index: string) => found[Number(index)]?.[0] ?? "?");
  expect(named).toBe("");
});

function configuration(): object {
  const paths = { "leasehold-sql-executor": ["../../examples/sql-executor/src/index.ts"] };
  return {
    extends: "../../tsconfig.base.json",
    compilerOptions: { composite: false, declaration: false, declarationMap: false, noEmit: true, paths },
    include: ["*.ts"],
  };
}
