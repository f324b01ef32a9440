import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

export interface Surroundings {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs a program to its end and answers what it wrote to standard output. Rejects with everything it wrote when it fails. */
export async function command(program: string, args: readonly string[], { cwd, env }: Surroundings): Promise<string> {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (code === 0) return stdout;
  throw new Error(`${[program, ...args].join(" ")} (in ${cwd}) ended with ${code}:\n${stdout}${stderr}`);
}
