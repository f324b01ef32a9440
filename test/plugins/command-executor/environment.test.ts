import type { Profile } from "leasehold";
import { describe, expect, it } from "vitest";
import { childEnvironment } from "../../../plugins/command-executor/src/environment.ts";

const own = {
  PATH: "/bin",
  HOME: "/h",
  LANG: "C",
  LC_ALL: "C",
  TZ: "UTC",
  TMPDIR: "/t",
  SECRET: "s",
  HTTP_PROXY: "p",
  USER: "u",
};

function build(
  options: { pass?: string[]; set?: Record<string, string> } = {},
  run: Record<string, string> = {},
  ofProfile = {},
) {
  const profile: Profile = { name: "p", directory: "/", executor: { type: "procedural" }, agents: [], env: ofProfile };
  const session = { id: "ses_1", mode: "start" as const, own: () => Promise.reject(new Error("not owned here")) };
  const environment = childEnvironment({ pass: [], set: {}, ...options }, "/work", own);
  return environment.forRun({ env: run, profile, session });
}

describe("childEnvironment", () => {
  it("hands on the allow-list and nothing else", () => {
    const { SECRET, HTTP_PROXY, USER, ...allowed } = own;
    expect(build()).toEqual({ ...allowed, AGENT_SESSION_ID: "ses_1", PROJECT_DIR: "/work" });
  });

  it("passes what the option names, where it is set", () => {
    expect(build({ pass: ["HTTP_PROXY", "MISSING"] })).toMatchObject({ HTTP_PROXY: "p" });
    expect(build({ pass: ["MISSING"] })).not.toHaveProperty("MISSING");
  });

  it("lets the run win over the profile, the profile over the options", () => {
    expect(build({ set: { TZ: "1" } })).toMatchObject({ TZ: "1" });
    expect(build({ set: { TZ: "1" } }, {}, { TZ: "2" })).toMatchObject({ TZ: "2" });
    expect(build({ set: { TZ: "1" } }, { TZ: "3" }, { TZ: "2" })).toMatchObject({ TZ: "3" });
  });

  it("lets nobody change the session's id and the project directory", () => {
    const facts = { AGENT_SESSION_ID: "other", PROJECT_DIR: "other" };
    expect(build({ set: facts }, facts, facts)).toMatchObject({ AGENT_SESSION_ID: "ses_1", PROJECT_DIR: "/work" });
  });
});
