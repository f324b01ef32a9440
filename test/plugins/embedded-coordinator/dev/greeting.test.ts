import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { greet } from "../../../../plugins/embedded-coordinator/src/dev/greeting.ts";
import { ECHO_RUNNER, started } from "../client.ts";

async function greeting(url: string): Promise<string> {
  const stdout = new PassThrough();
  await greet({ url }, stdout);
  stdout.end();
  return text(stdout);
}

test("tells which agents there are", async () => {
  const coordinator = await started();
  await coordinator.post("/runner/register", ECHO_RUNNER);
  expect(await greeting(coordinator.url)).toContain("echo  Returns its message");
});

test("tells of a coordinator that asks for tokens", async () => {
  const auth = { authEnabled: true, auth0Domain: "localhost:1", auth0Audience: "api" };
  const coordinator = await started(auth);
  expect(await greeting(coordinator.url)).toContain("asks for an access token");
});
