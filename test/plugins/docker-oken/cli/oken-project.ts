import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { OkenOptions } from "@leasehold/docker-oken";
import { onTestFinished } from "vitest";
import { Leasehold } from "../../../e2e/leasehold.ts";

const ROOT = join(import.meta.dirname, "../../../..");

/** A directory with a configuration and the folders of agents, where the command line is called as a process. */
export interface OkenProject {
  readonly directory: string;
  /** Calls `leasehold` with words; the process is ended with the test. */
  call(words: readonly string[], env?: Readonly<Record<string, string>>): Leasehold;
  /** The same, to its end. */
  ended(
    ...words: string[]
  ): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** A configuration that names a coordinator too, one that is nowhere. Folders are files by their paths. */
export async function okenProject(
  options: Partial<OkenOptions>,
  files: Readonly<Record<string, string>> = {},
): Promise<OkenProject> {
  const directory = await mkdtemp(join(tmpdir(), "leasehold-oken-project-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await symlink(join(ROOT, "node_modules"), join(directory, "node_modules"));
  const config = `import { coordinator } from "@leasehold/coordinator";
import { dockerOken } from "@leasehold/docker-oken";
import { echo } from "@leasehold/profile-echo";
import { defineConfig } from "leasehold";
const oken = dockerOken(${JSON.stringify(options)});
export default defineConfig({ plugins: [coordinator({ url: "http://127.0.0.1:1" }), echo(), oken] });
`;
  for (const [path, content] of Object.entries({ "runner.config.ts": config, ...files })) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  const call: OkenProject["call"] = (words, env = {}) => {
    const LEASEHOLD_CONFIG = join(directory, "runner.config.ts");
    const called = new Leasehold(words, { cwd: directory, env: { LEASEHOLD_CONFIG, ...env } });
    onTestFinished(() => called.dispose());
    return called;
  };
  const ended: OkenProject["ended"] = async (...words) => {
    const called = call(words);
    return { code: await called.exit(), stdout: called.stdout, stderr: called.stderr };
  };
  return { directory, call, ended };
}

/** Where `oken serve` says that it listens. */
export async function addressOf(served: Leasehold): Promise<string> {
  await served.printed("listens on http://");
  return /http:\S+/.exec(served.stdout)?.[0] ?? "";
}
