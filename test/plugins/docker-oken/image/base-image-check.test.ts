import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whatLacks } from "../../../../plugins/docker-oken/src/image/base-facts.ts";
import { checkBaseImage } from "../../../../plugins/docker-oken/src/image/base-image-check.ts";
import { describeWithEngine, engine } from "../engine.ts";

describeWithEngine("the check of a base image", () => {
  const bare = `oken-test-bare:${randomUUID()}`;

  beforeAll(async () => {
    const root = pack();
    root.entry({ name: "etc/hostname" }, "bare\n");
    root.finalize();
    const [repo, tag] = bare.split(":");
    const answer = await engine().docker.importImage(Readable.from(root), { repo, tag });
    await finished(answer.resume());
  });
  afterAll(() => engine().docker.getImage(bare).remove({ force: true }));

  it("names the Pythons and the uv of a whole one", async () => {
    const { docker, baseImage } = engine();
    expect(await checkBaseImage(docker, baseImage)).toEqual({
      ok: true,
      detail: expect.stringMatching(/has Python 3\.\d+\.\d+.* and uv \d+\.\d+\.\d+/),
    });
  });

  it("says of one without a shell that nobody can look into it", async () => {
    expect(await checkBaseImage(engine().docker, bare)).toMatchObject({
      ok: false,
      problem: expect.stringContaining(bare),
    });
  });

  it("leaves one that is absent to the first build", async () => {
    expect(await checkBaseImage(engine().docker, "no/such:image")).toMatchObject({
      ok: true,
      detail: expect.stringContaining("the first build pulls it"),
    });
  });
});

describe("what a base image lacks", () => {
  it.each([
    [{ pythons: [], uv: "0.13.8", hasCertificates: true }, []],
    [{ pythons: [{ path: "/p", version: "3.11.2" }], hasCertificates: true }, [/no uv/]],
    [{ pythons: [], hasCertificates: false }, [/neither Python 3\.9 or newer nor uv/, /no uv/, /no CA certificates/]],
  ])("is said of %j", (facts, lacks) => {
    expect(whatLacks(facts)).toEqual(lacks.map((one) => expect.stringMatching(one)));
  });
});
