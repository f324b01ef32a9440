import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptyDirectory, lease, opened, processGroup, settled } from "./entries.ts";

describe("a journal that is opened again", () => {
  it("knows leases, reports in order, resources and notes", async () => {
    const directory = await emptyDirectory();
    const first = await opened(directory);
    await first.journal.lease(lease("a"));
    await first.journal.lease(lease("b"));
    await first.journal.owe(lease("a"), [{ n: 1 }, { n: 2 }]);
    const [third] = await first.journal.owe(lease("a"), [{ n: 3 }], settled);
    await first.journal.acknowledge({ lease: lease("a"), sequence: 0, body: {} });
    await first.journal.own(processGroup("x"));
    await first.journal.own(processGroup("y"));
    await first.journal.disown(processGroup("x"));
    await first.journal.remember("queue", "registered", { id: "me" });
    await first.end();
    const { journal } = await opened(directory);
    const [a, b] = [...journal.state.open.values()];
    expect(a?.settled).toEqual(settled);
    expect([...(a?.owed.values() ?? [])].map(({ body }) => body)).toEqual([{ n: 2 }, { n: 3 }]);
    expect(third?.sequence).toBe(2);
    expect(b).toEqual({ lease: lease("b"), owed: new Map() });
    expect([...journal.state.resources.values()]).toEqual([processGroup("y")]);
    expect(journal.recall("queue", "registered")).toEqual({ id: "me" });
  });

  it("numbers further reports behind those that are owed", async () => {
    const directory = await emptyDirectory();
    const first = await opened(directory);
    await first.journal.owe(lease("a"), [{ n: 1 }, { n: 2 }]);
    await first.end();
    const { journal } = await opened(directory);
    expect(await journal.owe(lease("a"), [{ n: 3 }])).toMatchObject([{ sequence: 2 }]);
  });

  it("remembers a thousand delivered runs, without their reports", async () => {
    const directory = await emptyDirectory();
    const first = await opened(directory);
    for (let run = 0; run < 1_001; run++) {
      await first.journal.owe(lease(`${run}`), [{ large: "x".repeat(1_000) }], settled);
      await first.journal.close(lease(`${run}`));
    }
    await first.end();
    const { journal } = await opened(directory);
    expect(journal.state.open.size).toBe(0);
    expect([...journal.state.closed.values()].map(({ lease: { run } }) => run)).toEqual(
      Array.from({ length: 1_000 }, (_, index) => `${index + 1}`),
    );
    expect((await stat(join(directory, "journal"))).size).toBeLessThan(400_000);
  });

  it("is for this user alone", async () => {
    const directory = await emptyDirectory();
    await opened(directory);
    for (const file of await readdir(directory)) expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
  });
});

describe("a journal whose files are taken away", () => {
  it("is written anew where only the file is gone", async () => {
    const directory = await emptyDirectory();
    const { journal, end } = await opened(directory);
    await rm(join(directory, "journal"));
    await journal.owe(lease("a"), [{ n: 1 }], settled);
    expect(journal.problem?.message).toContain("the file was removed");
    await new Promise<void>((resolve) => journal.watch((problem) => problem ?? resolve()));
    await end();
    expect((await opened(directory)).journal.state.open.size).toBe(1);
  });

  it("takes no more leases, and leaves a successor's journal alone", async () => {
    const directory = await emptyDirectory();
    const { journal, end } = await opened(directory);
    await rm(directory, { recursive: true });
    await mkdir(directory);
    const successor = await opened(directory);
    await successor.journal.lease(lease("theirs"));
    await journal.owe(lease("a"), [{ n: 1 }], settled);
    expect(journal.problem?.message).toMatch(/was removed or replaced under the runner; restart the runner/);
    await expect(journal.lease(lease("b"))).rejects.toThrow("removed or replaced");
    await end();
    await successor.end();
    expect([...(await opened(directory)).journal.state.open.values()].map(({ lease: { run } }) => run)).toEqual([
      "theirs",
    ]);
  });
});

describe("a broken journal", () => {
  it("loses a torn end and nothing else, wherever it is torn", async () => {
    const directory = await emptyDirectory();
    const file = join(directory, "journal");
    const first = await opened(directory);
    await first.journal.lease(lease("a"));
    const { size } = await stat(file);
    await first.journal.lease(lease("ü"));
    await first.end();
    const whole = await readFile(file);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: size, max: whole.length - 1 }), async (length) => {
        await writeFile(file, whole.subarray(0, length));
        const { journal, end, log } = await opened(directory);
        expect([...journal.state.open.values()].map(({ lease: { run } }) => run)).toEqual(["a"]);
        expect(log.map(({ msg }) => msg)).toEqual(
          length === size ? [] : [expect.stringContaining(`${length - size} bytes of it are cut`)],
        );
        await journal.lease(lease("c"));
        await end();
        const again = await opened(directory);
        expect([...again.journal.state.open.keys()]).toEqual(["queue a", "queue c"]);
        await again.end();
      }),
      { numRuns: 25 },
    );
  });

  it("is set aside loudly, and read around what is broken", async () => {
    const directory = await emptyDirectory();
    const file = join(directory, "journal");
    const first = await opened(directory);
    for (const run of ["a", "b", "c"]) await first.journal.lease(lease(run));
    await first.end();
    const damaged = (await readFile(file, "utf8")).replace('"run":"b"', '"run":"x"');
    await writeFile(file, damaged);
    const { journal, log } = await opened(directory);
    expect([...journal.state.open.keys()]).toEqual(["queue a", "queue c"]);
    expect(log).toEqual([expect.objectContaining({ level: 50, msg: expect.stringContaining("set aside as") })]);
    const aside = (await readdir(directory)).find((name) => name.startsWith("journal.damaged-"));
    expect(await readFile(join(directory, aside ?? ""), "utf8")).toBe(damaged);
  });

  it.each([
    ["text of somebody else's", "To whom it may concern\nnothing\n"],
    ["nothing but zeros", "\0".repeat(5_000)],
    ["a checksum over nonsense", '5b4a7ef4 {"type":"owe"}\n'],
  ])("of %s does not keep the runner from starting", async (_, content) => {
    const directory = await emptyDirectory();
    await writeFile(join(directory, "journal"), content);
    const { journal, log } = await opened(directory);
    await journal.lease(lease("a"));
    expect(log[0]?.msg).toContain("set aside");
  });

  it("that is empty is a new one", async () => {
    const directory = await emptyDirectory();
    await writeFile(join(directory, "journal"), "");
    expect((await opened(directory)).log).toEqual([]);
  });
});

describe("a state directory", () => {
  it("belongs to one runner at a time", async () => {
    const directory = await emptyDirectory();
    const first = await opened(directory);
    await expect(opened(directory)).rejects.toMatchObject({
      code: "STATE_DIR_LOCKED",
      message: `another runner works with the state directory ${directory}`,
    });
    await first.journal.lease(lease("a"));
    await first.end();
    expect((await opened(directory)).journal.state.open.size).toBe(1);
  });

  it("that cannot be used is named, with what to do", async () => {
    const directory = await emptyDirectory();
    await mkdir(join(directory, "journal"));
    await expect(opened(directory)).rejects.toMatchObject({
      code: "STATE_DIR_UNUSABLE",
      message: expect.stringContaining(`the state directory ${directory} cannot be used: EISDIR`),
      fix: expect.stringContaining("LEASEHOLD_STATE_DIR"),
    });
  });
});

describe("a journal on a full disk", () => {
  it("refuses leases and resources, keeps what is owed, and mends itself", async () => {
    const directory = await emptyDirectory();
    const script = join(import.meta.dirname, "../../fixtures/full-disk.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [script, directory]);
    const { refusal, owned, leased, owed, log } = JSON.parse(stdout);
    const full = `Error: ${join(directory, "journal")}: EFBIG: file too large, write`;
    expect([refusal, owned]).toEqual([full, full]);
    expect(owed).toMatchObject([{ sequence: 0, body: { n: 1 } }]);
    expect(log).toEqual([
      { level: 50, msg: expect.stringContaining("nothing is leased until it can") },
      { level: 30, msg: expect.stringContaining("can be written again") },
    ]);
    const { journal } = await opened(directory);
    const runs = [...journal.state.open.values()];
    expect(runs.map(({ lease: { run } }) => run)).toEqual([
      ...Array.from({ length: leased }, (_, run) => String(run)),
      "mended",
    ]);
    expect([...(runs[0]?.owed.values() ?? [])].map(({ body }) => body)).toEqual([{ n: 1 }]);
    expect(journal.state.resources.size).toBe(0);
  });

  it("lets a runner wait for room instead of ending it at its start", async () => {
    const directory = await emptyDirectory();
    const first = await opened(directory);
    await first.journal.owe(lease("a"), [{ text: "x".repeat(10_000) }], settled);
    await first.end();
    const script = join(import.meta.dirname, "../../fixtures/full-disk-start.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [script, directory]);
    const problem = `${join(directory, "journal")}: EFBIG: file too large, write`;
    expect(JSON.parse(stdout)).toEqual({
      known: ["queue a"],
      refusal: `Error: ${problem}`,
      problem,
      after: null,
    });
  });
});
