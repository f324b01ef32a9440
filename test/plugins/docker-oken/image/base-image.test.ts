import Docker from "dockerode";
import { describe, expect, it } from "vitest";
import { BaseImages, baseReference } from "../../../../plugins/docker-oken/src/image/base-image.ts";
import { options } from "../../../../plugins/docker-oken/src/options.ts";

describe("the base image", () => {
  it("is uv's own at a pinned tag, from another repository where a prefix says so (checklist 11)", () => {
    expect(baseReference(options.parse({}))).toMatch(/^ghcr\.io\/astral-sh\/uv:\d+\.\d+\.\d+-bookworm-slim$/);
    const prefixed = baseReference(options.parse({ baseImagePrefix: "hub.local:5000/uv" }));
    expect(prefixed).toMatch(/^hub\.local:5000\/uv:\d/);
  });

  it("is what the override says, whole", () => {
    const given = { baseImagePrefix: "hub.local/uv", baseImage: "mine/python:3.13" };
    expect(baseReference(options.parse(given))).toBe("mine/python:3.13");
  });

  it("is nobody's fault where the engine is away", async () => {
    const images = new BaseImages(new Docker({ socketPath: "/nowhere/docker.sock" }), "mine/python:3.13");
    await expect(images.resolve()).rejects.toMatchObject({
      code: "CONTAINER_ERROR",
      message: expect.stringMatching(/Failed to build image.*cannot be reached \(ENOENT\)/),
    });
  });
});
