import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { archiveOf, scriptOf, temporaryDirectory } from "../archives.ts";

const FIXTURE = join(import.meta.dirname, "../../../fixtures/script-executor/limited-disk.ts");

// A limit on the size of files fails writes as a full disk does, and needs neither a mount nor privileges.
it.each([
  ["archive", randomBytes(200_000)],
  ["script", Buffer.alloc(200_000)],
])("a script survives a disk that takes no more of a new %s, and follows when it does again", async (_, content) => {
  const directory = await temporaryDirectory();
  const [small, large] = [join(directory, "small"), join(directory, "large")];
  await writeFile(small, await archiveOf(scriptOf("a", "one")));
  await writeFile(large, await archiveOf(scriptOf("a", "two", [{ name: "a/data", content }])));
  const node = [process.execPath, "--conditions=leasehold-source", FIXTURE, directory, small, large];
  const { stdout } = await promisify(execFile)("prlimit", ["--fsize=100000:unlimited", ...node]);
  expect(JSON.parse(stdout)).toEqual({
    first: "one",
    fault: expect.stringMatching(/^Error: Script 'a' could not be brought in step.* 0.3 s\nLast failure: EFBIG: /),
    afterFault: "one",
    second: "two",
    incoming: [],
    versions: 1,
  });
});
