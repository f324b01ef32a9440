import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const hello = fileURLToPath(new URL("../agents/hello", import.meta.url));

it("greets whom it is told to", async () => {
  const { stdout } = await promisify(execFile)(hello, ["--name", "world"]);
  expect(stdout).toBe("hello, world\n");
});
