import { spawn } from "node:child_process";
import { expect, it } from "vitest";
import { afterListening } from "../../../../plugins/command-executor/src/launcher/after-listening.ts";

it("calls back when nothing calls it off", async () => {
  await new Promise<void>((resolve) => afterListening(2, resolve));
});

it("lets a loop that stood still hear what arrived meanwhile first", async () => {
  const child = spawn("/bin/echo", ["hi"], { stdio: ["ignore", "pipe", "ignore"] });
  const first = new Promise<string>((resolve) => {
    afterListening(200, () => resolve("time"));
    child.stdout.once("data", () => resolve("data"));
  });
  const until = performance.now() + 400;
  while (performance.now() < until);
  expect(await first).toBe("data");
});
