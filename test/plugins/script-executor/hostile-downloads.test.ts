import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { LiveMemory } from "../../fixtures/live-memory.ts";
import { archiveOf, census, manifestOf, scriptOf } from "./archives.ts";
import { type Answer, startMiddleman } from "./middleman.ts";
import { createAgent, resultOf, send, submit, together } from "./together.ts";

const MEGABYTE = 1024 * 1024;

describe("a hostile archive", () => {
  it.each([
    [
      "that climbs out",
      () => archiveOf(scriptOf("evil", "#!/bin/sh\n", [{ name: "evil/../../escaped", content: "x" }])),
    ],
    ["that links out", () => archiveOf(scriptOf("evil", "#!/bin/sh\n", [link("evil/out", "../../..")]))],
    ["that is a bomb", () => bomb(1024)],
  ])("%s fails its own runs, and the runner goes on", async (_how, make) => {
    const archive = await make();
    const { at, scripts, projectDir, lines } = await beside((name, response) => {
      if (name !== "evil") return false;
      response.writeHead(200, { "content-type": "application/gzip" }).end(archive);
      return true;
    });
    await createScript(at, "good");
    expect((await resultOf(at, await submit(at, "good"))).end).toBe("completed");
    const before = { paths: await pathsIn(projectDir), scripts: await census(scripts) };
    using memory = new LiveMemory();
    await createScript(at, "evil");
    const { end, error } = await resultOf(at, await submit(at, "evil"));
    expect(end).toBe("failed");
    expect(error).toContain("evil");
    expect(memory.grown).toBeLessThan(256 * MEGABYTE);
    expect(await census(scripts)).toEqual(before.scripts);
    expect(await pathsIn(projectDir)).toEqual(before.paths);
    expect((await resultOf(at, await submit(at, "good"))).end).toBe("completed");
    expect(await readFile(join(scripts, "good", "script.json"), "utf8")).toContain("good");
    expect(JSON.stringify(lines)).toContain("evil");
  });
});

describe("a coordinator that goes in the middle of a download", () => {
  it("leaves the old script in place until it is back", async () => {
    const broken = Promise.withResolvers<void>();
    let gone = 0;
    const { at, scripts } = await beside((_name, response) => {
      if (gone === 0) return false;
      if (--gone === 0) broken.resolve();
      response.writeHead(200, { "content-type": "application/gzip", "content-length": 10_000 });
      response.write(Buffer.from([0x1f, 0x8b, 8, 0]), () => response.destroy());
      return true;
    });
    await createScript(at, "kept", "the old one");
    expect((await resultOf(at, await submit(at, "kept"))).result).toEqual({ is: "the old one" });
    const content = await readFile(join(scripts, "kept", "run.sh"), "utf8");
    gone = 2;
    await send(at, "PATCH", "/scripts/kept", { script_content: answering("the new one") });
    await broken.promise;
    expect(await readFile(join(scripts, "kept", "run.sh"), "utf8")).toBe(content);
    expect((await resultOf(at, await submit(at, "kept"))).result).toEqual({ is: "the new one" });
  });
});

/** Contents aside: the journal beside the scripts is written to. */
async function pathsIn(directory: string): Promise<string[]> {
  return Object.keys(await census(directory));
}

function beside(answer: Answer) {
  return together({ through: (url) => startMiddleman(url, answer) });
}

async function createScript(at: Parameters<typeof send>[0], name: string, text = name): Promise<void> {
  const script = { name, description: name, script_file: "run.sh", script_content: answering(text) };
  expect((await send(at, "POST", "/scripts", script)).status).toBe(201);
  await createAgent(at, name, name);
}

function answering(text: string): string {
  return `#!/bin/sh\necho '${JSON.stringify({ is: text })}'\n`;
}

function link(name: string, linkname: string) {
  return { name, type: "symlink" as const, linkname };
}

/** A script with a file of so many megabytes of zeros, made without holding them. */
async function bomb(megabytes: number): Promise<Buffer> {
  const tar = pack();
  const zipped = tar.pipe(createGzip());
  tar.entry({ name: "evil/script.json" }, manifestOf("evil"));
  const entry = tar.entry({ name: "evil/run.sh", size: megabytes * MEGABYTE }, () => tar.finalize());
  const zeros = Buffer.alloc(MEGABYTE);
  const filled = (async () => {
    for (let written = 0; written < megabytes; written++)
      if (!entry.write(zeros)) await new Promise<void>((drained) => entry.once("drain", () => drained()));
    entry.end(Buffer.alloc(0));
  })();
  const chunks: Buffer[] = [];
  for await (const chunk of zipped as AsyncIterable<Buffer>) chunks.push(chunk);
  await filled;
  return Buffer.concat(chunks);
}
