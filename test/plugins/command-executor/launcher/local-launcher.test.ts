import { randomUUID } from "node:crypto";
import { chmod, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LaunchError, type ProcessSpec } from "leasehold";
import { afterAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { LocalLauncher } from "../../../../plugins/command-executor/src/launcher/local-launcher.ts";
import { LiveMemory } from "../../../fixtures/live-memory.ts";
import { bash, bothWays, isAlive, Lines, RecordingOwner } from "./processes.ts";

const directory = await mkdtemp(join(tmpdir(), "launcher-"));
afterAll(() => rm(directory, { recursive: true }));

async function file(name: string, content: string, mode = 0o755): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

describe.each(await bothWays())("by %s,", (_way, launcher) => {
  async function run(spec: ProcessSpec, by = launcher) {
    const child = await by.launch(new RecordingOwner(), spec);
    return child.exit;
  }

  describe("a launched process", () => {
    it("gets its words, directory and environment, and nothing else", async () => {
      const words = ["", "a b", "$HOME", "é\n"];
      const script = 'printf "%s|" "$0" "$@"; pwd; env | sort | grep -vE "^(_|PWD|SHLVL)="';
      const exit = await run(
        bash(script, { args: ["-c", script, ...words], cwd: "/usr", env: { A: "1", PATH: "/usr/bin:/bin" } }),
      );
      expect(exit.stdout.text).toBe(`${words.join("|")}|/usr\nA=1\nPATH=/usr/bin:/bin\n`);
    });

    it("has its own path as its first word", async () => {
      const path = await file("named", "#!/bin/bash\necho $0");
      expect((await run(bash("", { file: path, args: [] }))).stdout.text).toBe(`${path}\n`);
    });

    it("leads its own session under the pid that is told", async () => {
      const child = await launcher.launch(
        new RecordingOwner(),
        bash("read -r _ _ _ _ group session _ < /proc/$$/stat; echo $$ $group $session"),
      );
      const { pid } = child;
      expect((await child.exit).stdout.text).toBe(`${pid} ${pid} ${pid}\n`);
    });

    it("reads end-of-file at once", async () => {
      expect(await run(bash("cat; echo end"))).toMatchObject({ code: 0, stdout: { text: "end\n" } });
    });

    it("reads what is written to it", async () => {
      const child = await launcher.launch(new RecordingOwner(), bash("cat", { stdin: "pipe" }));
      await child.write("one ");
      await child.write("two");
      child.closeInput();
      expect((await child.exit).stdout.text).toBe("one two");
      await expect(child.write("late")).rejects.toThrow();
    });

    it("refuses input when started without a pipe", async () => {
      const child = await launcher.launch(new RecordingOwner(), bash("true"));
      await expect(child.write("x")).rejects.toThrow('without `stdin: "pipe"`');
      await child.exit;
    });

    it("tells the signal that ended it", async () => {
      expect(await run(bash("kill -KILL $$"))).toMatchObject({ code: null, signal: "SIGKILL" });
    });

    it("shows output while it runs, in whole characters", async () => {
      const lines = new Lines();
      const script = "printf '\\xe2\\x98'; printf '\\x83\\n'; read -r; echo bye";
      const child = await launcher.launch(
        new RecordingOwner(),
        bash(script, { stdin: "pipe", onStdout: lines.onText }),
      );
      expect(await lines.first(1)).toEqual(["☃"]);
      await child.write("go on\n");
      expect((await child.exit).stdout.text).toBe("☃\nbye\n");
    });

    it("outlives a listener that throws", async () => {
      const faults: unknown[] = [];
      const log = { warn: (...words: unknown[]) => void faults.push(words) };
      const onStderr = () => {
        throw new Error("not mine");
      };
      const exit = await run(bash("echo a >&2; echo b >&2", { onStderr }), new LocalLauncher(log as never));
      expect(exit).toMatchObject({ code: 0, stderr: { text: "a\nb\n" } });
      expect(faults).toHaveLength(1);
    });

    it("keeps no more than its limit of 100 MB on both streams", async () => {
      const outputBytes = 100_001;
      const bytes = 100 * 1024 * 1024;
      using memory = new LiveMemory();
      const child = await launcher.launch(
        new RecordingOwner(),
        bash(`yes é | head -c ${bytes} >&2 & yes é | head -c ${bytes}; wait`, { outputBytes }),
      );
      const exit = await child.exit;
      expect(memory.grown).toBeLessThan(bytes);
      for (const { text, droppedBytes } of [exit.stdout, exit.stderr]) {
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(outputBytes);
        expect(text).toMatch(/^(é\n)+é?$/);
        expect(Buffer.byteLength(text) + droppedBytes).toBe(bytes);
      }
    });

    it("that stays is drained between what it is told (AOF-D2)", async () => {
      const lines = new Lines();
      const script = "while read -r turn; do head -c 1000000 /dev/zero >&2; echo $turn; done";
      const spec = bash("", { file: "/bin/sh", args: ["-c", script], stdin: "pipe", onStdout: lines.onText });
      const child = await launcher.launch(new RecordingOwner(), spec);
      for (const turn of ["1", "2", "3"]) {
        await child.write(`${turn}\n`);
        expect((await lines.first(Number(turn))).at(-1)).toBe(turn);
      }
      child.closeInput();
      const { stderr } = await child.exit;
      expect(Buffer.byteLength(stderr.text) + stderr.droppedBytes).toBe(3_000_000);
    });

    it("tells its exit at once, without looking for it at intervals (AOF-D16)", async () => {
      vi.useFakeTimers({ toFake: ["setTimeout", "setInterval"] });
      onTestFinished(() => void vi.useRealTimers());
      expect(await run(bash("exit 0"))).toMatchObject({ code: 0 });
    });

    it("tells its exit behind the last of its output (AOF-D38)", async () => {
      const shown: string[] = [];
      const script = "printf '%060000d\\n' 7; kill -KILL $$";
      const spec = bash(script, { background: "keep", onStdout: (text) => shown.push(text) });
      const child = await launcher.launch(new RecordingOwner(), spec);
      // Nothing is read meanwhile, so that its output and its end are found together.
      while (isAlive(child.pid));
      const { stdout, signal } = await child.exit;
      expect([stdout.text.length, stdout.text.slice(-3), signal]).toEqual([60_001, "07\n", "SIGKILL"]);
      expect(shown.join("")).toBe(stdout.text);
    });

    it("is owned before it starts and released before its exit is told", async () => {
      const owner = new RecordingOwner();
      const child = await launcher.launch(owner, bash("true"));
      expect(owner.acts.slice(0, 2)).toEqual(["own", "update"]);
      expect(owner.resource).toMatchObject({ kind: "process-group", data: { pid: child.pid, graceSeconds: 60 } });
      await child.exit;
      expect(owner.acts).toEqual(["own", "update", "release"]);
    });

    it("runs beside many others", async () => {
      const codes = Array.from({ length: 20 }, (_, code) => code);
      const exits = await Promise.all(codes.map((code) => run(bash(`echo ${code}; exit ${code}`))));
      expect(exits.map(({ code, stdout }) => [code, stdout.text])).toEqual(codes.map((code) => [code, `${code}\n`]));
    });

    it("is not started when the signal is aborted already", async () => {
      const owner = new RecordingOwner();
      const signal = AbortSignal.abort(new Error("too late"));
      await expect(launcher.launch(owner, bash("true", { signal }))).rejects.toThrow("too late");
      expect(owner.acts).toEqual([]);
    });
  });

  describe("a start that fails", () => {
    const cases: [name: string, spec: () => Promise<ProcessSpec>, code: string, message: string][] = [
      ["there is no such file", async () => at("missing"), "ENOENT", "[Errno 2] No such file or directory: '%s'"],
      [
        "a parent is a file",
        async () => at(`${await file("file", "")}/x`),
        "ENOTDIR",
        "[Errno 20] Not a directory: '%s'",
      ],
      [
        "it may not be executed",
        async () => at(await file("plain", "#!/bin/sh\n", 0o644)),
        "EACCES",
        "[Errno 13] Permission denied: '%s'",
      ],
      ["it is a directory", async () => at(""), "EACCES", "[Errno 13] Permission denied: '%s'"],
      [
        "it has no known header",
        async () => at(await file("text", "echo hi\n")),
        "ENOEXEC",
        "[Errno 8] Exec format error: '%s'",
      ],
      ["it is empty", async () => at(await file("empty", "")), "ENOEXEC", "[Errno 8] Exec format error: '%s'"],
      [
        "its interpreter is missing",
        async () => at(await file("lost", "#!/no/such/sh\n")),
        "ENOENT",
        "[Errno 2] No such file or directory: '%s'",
      ],
      [
        "its interpreter has no known header",
        async () => at(await file("odd", `#!${await file("text2", "x")}\n`)),
        "ENOEXEC",
        "[Errno 8] Exec format error: '%s'",
      ],
      [
        "its interpreter is itself",
        async () => at(await file("self", `#!${join(directory, "self")}\n`)),
        "ENOEXEC",
        "[Errno 8] Exec format error: '%s'",
      ],
      ["it is a link to itself", loop, "ELOOP", "[Errno 40] Too many levels of symbolic links: '%s'"],
      [
        "an argument is too long",
        async () => bash("", { args: ["x".repeat(200_000)] }),
        "E2BIG",
        "[Errno 7] Argument list too long: '%s'",
      ],
      ["a word holds a null byte", async () => bash("", { args: ["a\0b"] }), "EINVAL", "embedded null byte"],
      ["its name holds a quote", async () => at("it's"), "ENOENT", '[Errno 2] No such file or directory: "%s"'],
    ];

    for (const [name, make, code, message] of cases) {
      it(`says so when ${name}`, async () => {
        const spec = await make();
        const owner = new RecordingOwner();
        const error = await launcher.launch(owner, spec).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(LaunchError);
        expect(error).toMatchObject({ code, message: message.replace("%s", spec.file) });
        expect([0, 2]).toContain(owner.acts.length);
      });
    }

    it("names the directory when that is missing", async () => {
      const cwd = join(directory, "nowhere");
      await expect(run(bash("true", { cwd }))).rejects.toThrow(`[Errno 2] No such file or directory: '${cwd}'`);
    });

    it("says so when the program was removed a moment ago", async () => {
      const path = await file("removed", "#!/bin/bash\n");
      const spec = bash("", { file: path, args: [] });
      await run(spec);
      await rm(path);
      await expect(run({ ...spec, background: "keep" })).rejects.toMatchObject({ code: "ENOENT" });
      await expect(run(spec)).rejects.toMatchObject({ code: "ENOENT" });
    });

    it("lets the next one start", async () => {
      await expect(run(bash("", { args: ["x".repeat(200_000)] }))).rejects.toThrow("Argument list too long");
      expect(await run(bash("exit 4"))).toMatchObject({ code: 4 });
    });

    function at(name: string): ProcessSpec {
      return bash("", { file: name.startsWith("/") ? name : join(directory, name), args: [] });
    }

    async function loop(): Promise<ProcessSpec> {
      const name = `loop-${randomUUID()}`;
      await symlink(name, join(directory, name));
      return at(name);
    }
  });
});
