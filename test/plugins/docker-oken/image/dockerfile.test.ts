import { describe, expect, it } from "vitest";
import type { AgentConfig } from "../../../../plugins/docker-oken/src/config/agent-config.ts";
import type { DependencyPlan } from "../../../../plugins/docker-oken/src/image/dependency-plan.ts";
import { type Recipe, renderDockerfile } from "../../../../plugins/docker-oken/src/image/dockerfile.ts";
import { choosePython } from "../../../../plugins/docker-oken/src/image/python-choice.ts";

const NONE: DependencyPlan = { kind: "none" };
const PROJECT: DependencyPlan = {
  kind: "project",
  files: ["pyproject.toml", "uv.lock"],
  needsFolder: false,
  isLocked: true,
  isPackage: false,
};
const REQUIREMENTS: DependencyPlan = { ...PROJECT, kind: "requirements", files: ["requirements.txt"], isLocked: false };

describe("a Dockerfile", () => {
  it("mentions wrapper and type for a handler (T44)", () => {
    const text = render({});
    expect(text).toContain("oken_wrapper.py");
    expect(text).toContain('OKEN_ENTRY_TYPE="handler"');
    expect(text).toContain('CMD ["/usr/bin/python3.11","/opt/oken/oken_wrapper.py"]');
  });

  it("mentions entrypoint and no wrapper for http (T45)", () => {
    const text = render({ entrypointType: "http", entrypoint: "serve.py" });
    expect(text).toContain('CMD ["/usr/bin/python3.11","serve.py"]');
    expect(text).not.toContain("wrapper");
  });

  it("installs dependencies before it copies the code", () => {
    for (const dependencies of [PROJECT, REQUIREMENTS]) {
      const text = render({ dependencies });
      expect(text.search(/RUN uv (sync|pip install)/)).toBeGreaterThan(text.indexOf('COPY ["dependencies/'));
      expect(text.search(/RUN uv (sync|pip install)/)).toBeLessThan(text.indexOf(" app/ /app/"));
    }
  });

  it("installs what lies in the folder after it copies the code", () => {
    const text = render({ dependencies: { ...REQUIREMENTS, needsFolder: true } });
    expect(text.search(/RUN uv pip install/)).toBeGreaterThan(text.indexOf(" app/ /app/"));
    expect(text).not.toContain("dependencies/");
  });

  it("installs a package itself after its code is there", () => {
    const text = render({ dependencies: { ...PROJECT, isPackage: true } });
    expect(text.match(/RUN uv sync.*/g)).toEqual([
      "RUN uv sync --no-install-project --frozen || uv sync --no-install-project",
      "RUN uv sync --frozen || uv sync",
    ]);
  });

  it("ends as an ordinary user, without uv at the start (OKEN-D26, OKEN-D37, OKEN-D40)", () => {
    const text = render({ dependencies: PROJECT, python: { kind: "download", version: "3.12" } });
    expect(text).toContain('PYTHONUNBUFFERED="1"');
    expect(text.trim().split("\n").slice(-2)).toEqual([
      "USER 65532:65532",
      'CMD ["/opt/oken/venv/bin/python","/opt/oken/oken_wrapper.py"]',
    ]);
  });
});

it("leaves root where the runner allows it", () => {
  expect(render({ isRoot: true })).not.toContain("USER");
});

describe("the Python of an agent", () => {
  const pythons = ["3.12.1", "3.11.2"].map((version) => ({ path: `/usr/bin/python${version.slice(0, 4)}`, version }));
  const facts = { pythons, uv: "0.13.8", hasCertificates: true };

  it.each([
    ["what is stated", "3.11", true, NONE, facts, { kind: "present", path: "/usr/bin/python3.11" }],
    ["an exact version", "3.12.1", true, NONE, facts, { kind: "present", path: "/usr/bin/python3.12" }],
    [
      "3.12 where nothing is stated",
      "3.12",
      false,
      REQUIREMENTS,
      facts,
      { kind: "present", path: "/usr/bin/python3.12" },
    ],
    [
      "the newest without 3.12",
      "3.12",
      false,
      NONE,
      { ...facts, pythons: pythons.slice(1) },
      { kind: "present", path: "/usr/bin/python3.11" },
    ],
    ["a download of what is stated", "3.1", true, NONE, facts, { kind: "download", version: "3.1" }],
    [
      "a download without any Python",
      "3.12",
      false,
      NONE,
      { ...facts, pythons: [] },
      { kind: "download", version: "3.12" },
    ],
    ["the project's where nothing is stated", "3.12", false, PROJECT, facts, { kind: "project" }],
    [
      "the stated one over the project's",
      "3.11",
      true,
      PROJECT,
      facts,
      { kind: "present", path: "/usr/bin/python3.11" },
    ],
  ] as const)("is %s", (_, version, stated, plan, given, expected) => {
    expect(choosePython(config(version, stated), plan, given)).toEqual(expected);
  });

  it.each([
    [
      "another version without uv",
      "3.13",
      NONE,
      /python_version is 3\.13, but the base image has 3\.12\.1, 3\.11\.2, and no uv/,
    ],
    ["dependencies without uv", "3.12", REQUIREMENTS, /no uv to install them/],
  ] as const)("cannot be %s", (_, version, plan, reason) => {
    const bare = { pythons, hasCertificates: true };
    expect(() => choosePython(config(version, true), plan, bare)).toThrow(reason);
  });
});

function render(more: Partial<Recipe>): string {
  return renderDockerfile({
    baseImage: "base:1",
    dependencies: NONE,
    python: { kind: "present", path: "/usr/bin/python3.11" },
    entrypoint: "main.py",
    entrypointType: "handler",
    containerPort: 8080,
    concurrency: 16,
    callTimeoutSeconds: 300,
    isRoot: false,
    ...more,
  });
}

function config(pythonVersion: string, pythonVersionStated: boolean): AgentConfig {
  return { name: "a", pythonVersion, pythonVersionStated, entrypoint: "main.py", pinned: false, limits: {} };
}
