import { writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { FileWatch } from "../../../../plugins/embedded-coordinator/src/dev/file-watch.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "leasehold-watch-"));
  await write("config.ts");
  await mkdir(join(directory, "agents"));
});

afterEach(() => rm(directory, { recursive: true }));

describe("FileWatch", () => {
  it.each([
    ["a file that is written", () => write("config.ts")],
    ["a file that is replaced", () => write("other").then(() => rename(at("other"), at("config.ts")))],
    ["a file that goes", () => rm(at("config.ts"))],
    ["a file that was not there", () => write("later.ts")],
    ["a JSON file that comes into a folder", () => write("agents/new.json")],
  ])("notices %s", async (_what, change) => {
    const noticed = await watched();
    const next = noticed.next();
    await change();
    await next;
  });

  it("takes several steps for one change and overlooks strangers", async () => {
    const noticed = await watched();
    await write("stranger.ts");
    await write("agents/notes.txt");
    const next = noticed.next();
    // In one turn, as an editor that is quicker than the watch.
    for (const step of ["1", "2", "3"]) writeFileSync(at("config.ts"), step);
    await next;
    expect(noticed.count).toBe(1);
  });
});

async function watched() {
  let told = Promise.withResolvers<void>();
  const noticed = { count: 0, next: () => told.promise };
  const watch = new FileWatch(() => {
    noticed.count++;
    told.resolve();
    told = Promise.withResolvers<void>();
  });
  onTestFinished(() => watch.close());
  await watch.add([at("config.ts"), at("later.ts"), at("agents")]);
  return noticed;
}

function at(file: string): string {
  return join(directory, file);
}

async function write(file: string): Promise<void> {
  await writeFile(at(file), "text");
}
