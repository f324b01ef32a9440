import type { CheckContext } from "leasehold";
import { expect, test } from "vitest";
import { checks } from "../../../plugins/docker-oken/src/checks.ts";
import { describeWithEngine, engine } from "./engine.ts";

const look = (pluginOptions: Record<string, unknown>) =>
  Promise.all(checks.map((check) => check.run({ pluginOptions } as Partial<CheckContext> as CheckContext)));

test("an engine that does not answer is named, with what to do", async () => {
  expect(await look({ dockerHost: "unix:///nowhere/docker.sock" })).toEqual([
    {
      ok: false,
      problem: expect.stringMatching(/unix:\/\/\/nowhere\/docker.sock does not answer: .*ENOENT/),
      fix: expect.stringContaining("DOCKER_HOST"),
    },
  ]);
});

describeWithEngine("doctor", () => {
  test("tells what the base image has", async () => {
    const { host: dockerHost, baseImage } = engine();
    expect(await look({ dockerHost, baseImage })).toEqual([
      { ok: true, detail: expect.stringContaining("has Python") },
    ]);
  });

  test("says that a base image is not there yet", async () => {
    const { host: dockerHost } = engine();
    const [result] = await look({ dockerHost, baseImage: "leasehold/none-of-that-name" });
    expect(result).toMatchObject({ ok: true, detail: expect.stringContaining("not there yet") });
  });
});
