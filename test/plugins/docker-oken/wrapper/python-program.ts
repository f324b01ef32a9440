import { execFileSync, spawn } from "node:child_process";
import { inject } from "vitest";
import { connect } from "../engine-client.ts";

/** A running Python program. */
export interface PythonProgram {
  /** What it prints on standard output and standard error. */
  readonly output: readonly NodeJS.ReadableStream[];
  readonly ended: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

const CONTAINER = "a container";

/** The Pythons to test with: those of `OKEN_TEST_PYTHONS`, the machine's own, or that of the base image. */
export const pythons: readonly string[] = choose();

/** Runs a file with a working directory, whose paths are the same wherever it runs. */
export async function runPython(
  python: string,
  file: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<PythonProgram> {
  return python === CONTAINER ? inContainer(file, cwd, env) : asProcess(python, file, cwd, env);
}

function asProcess(python: string, file: string, cwd: string, env: Readonly<Record<string, string>>): PythonProgram {
  const child = spawn(python, [file], { cwd, env: { PATH: process.env["PATH"] ?? "", ...env } });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { output: [child.stdout, child.stderr], ended, kill: (signal) => void child.kill(signal) };
}

async function inContainer(file: string, cwd: string, env: Readonly<Record<string, string>>): Promise<PythonProgram> {
  const container = await connect().createContainer({
    Image: process.env["OKEN_BASE_IMAGE"] ?? "",
    Cmd: ["python3", file],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    WorkingDir: cwd,
    Tty: true,
    HostConfig: { NetworkMode: "host", Binds: [`${cwd}:${cwd}:ro`, `${file}:${file}:ro`] },
  });
  const output = await container.attach({ stream: true, stdout: true, stderr: true });
  await container.start();
  const ended = container.wait().then(async ({ StatusCode }: { StatusCode: number }) => {
    await container.remove({ force: true });
    return StatusCode;
  });
  const kill = (signal: NodeJS.Signals) => void container.kill({ signal }).catch(() => {});
  return { output: [output], ended, kill };
}

function choose(): string[] {
  const named = (process.env["OKEN_TEST_PYTHONS"] ?? "python3").split(",");
  const present = named.filter((python) => python === CONTAINER || runs(python));
  return present.length > 0 || inject("missingEngine") !== "" ? present : [CONTAINER];
}

function runs(python: string): boolean {
  try {
    execFileSync(python, ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
