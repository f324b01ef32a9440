import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The program that a run executes in every measure that spawns. */
export const HELLO: string = fileURLToPath(new URL("../agents/hello", import.meta.url));

/** The least that starts a program and has its output. */
export async function bareCommand(): Promise<string> {
  const child = spawn(HELLO, [], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.resume();
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${HELLO} ended with ${code}`);
  return output;
}
