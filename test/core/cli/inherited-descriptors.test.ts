import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bin, end, makeProject, type Project } from "./project.ts";

const CONFIG = `
import { commandExecutor } from "@leasehold/command-executor";
import { defineConfig, defineProfile } from "leasehold";

const agents = [{ name: "list", command: "/bin/ls /proc/self/fd" }];
const profile = defineProfile({ name: "fds", directory: "/", executor: { type: "procedural" }, agents });
export default defineConfig({ plugins: [commandExecutor(), profile] });
`;

describe.runIf(process.platform === "linux")("file descriptors that the runner inherited", () => {
  let project: Project;

  beforeAll(async () => {
    project = await makeProject(CONFIG);
  });
  afterAll(() => project.remove());

  it("are not handed on to commands", async () => {
    const open = 'exec 9</etc/passwd 40</etc/passwd 99</etc/passwd; exec "$@"';
    const words = ["-c", open, "bash", process.execPath, bin, "run", "list"];
    const env = { PATH: process.env["PATH"] };
    const child = spawn("/bin/bash", words, { cwd: project.directory, env, stdio: ["ignore", "pipe", "pipe"] });
    const { stdout } = await end(child);
    // The fourth is the directory that the command itself lists.
    expect(JSON.parse(stdout).stdout.trim().split("\n")).toEqual(["0", "1", "2", "3"]);
  });
});
