import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeProject, type Project } from "./project.ts";

const CONFIG = `import { auth0M2M } from "@leasehold/auth0-m2m";
import { commandExecutor } from "@leasehold/command-executor";
import { coordinator } from "@leasehold/coordinator";
import { embeddedCoordinator } from "@leasehold/embedded-coordinator";
import { echo } from "@leasehold/profile-echo";
import { scriptExecutor } from "@leasehold/script-executor";

export default {
  journal: "memory",
  plugins: [coordinator(), auth0M2M(), commandExecutor(), scriptExecutor(), echo(), embeddedCoordinator()],
};
`;
/** Writes down what was loaded: files by their path, parts of Node by their name. */
const LISTENER = `import { registerHooks } from "node:module";
import { writeFileSync } from "node:fs";
const loaded = [];
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
process.on("exit", () => writeFileSync(process.env.LOADED, [...loaded, ...process.moduleLoadList].join("\\n")));
`;

describe("what leasehold start loads with the default plugins", () => {
  let project: Project;
  let loaded = "";
  beforeAll(async () => {
    project = await makeProject(CONFIG);
    await project.write("listener.mjs", LISTENER);
    const file = path.join(project.directory, "loaded.txt");
    const listener = pathToFileURL(path.join(project.directory, "listener.mjs")).href;
    const { stderr, code } = await project.call(["start", "--profile-list"], {
      NODE_OPTIONS: `--import=${listener}`,
      LOADED: file,
    });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    loaded = await readFile(file, "utf8");
  });
  afterAll(() => project.remove());

  it("is the coordinator's client and what it needs of undici", () => {
    expect(loaded).toContain("/undici/lib/dispatcher/pool.js");
  });

  it.each([
    ["all of undici", "/undici/index.js"],
    ["Node's own fetch", "internal/deps/undici/undici"],
    ["a validator of JSON Schema", "/ajv/"],
    ["a server for coordinators", "/fastify/"],
    ["archives", "/tar-stream/"],
    ["lines for people", "/pino-pretty/"],
    ["the other commands", "/cli/doctor/"],
    ["commands of plugins", "/submit/submit.js"],
  ])("is not %s", (_, name) => {
    expect(loaded).not.toContain(name);
  });
});
