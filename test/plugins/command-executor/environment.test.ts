import { type Profile, SecretStore } from "leasehold";
import { describe, expect, it } from "vitest";
import {
  childEnvironment,
  type EnvironmentOptions,
  registerGrants,
} from "../../../plugins/command-executor/src/environment.ts";

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

function build(options: Partial<EnvironmentOptions> = {}, run: Record<string, string> = {}, ofProfile = {}) {
  const profile: Profile = { name: "p", directory: "/", executor: { type: "procedural" }, agents: [], env: ofProfile };
  const session = { id: "ses_1", mode: "start" as const, own: () => Promise.reject(new Error("not owned here")) };
  const grants = { agents: {}, profiles: {} };
  const environment = childEnvironment({ pass: [], set: {}, grants, ...options }, "/work", own);
  return environment.forRun({ agent: { name: "a" }, env: run, profile, secrets: new SecretStore().runner, session });
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

  it("grants variables to the agents and profiles that are named", () => {
    const grants = (agents: Record<string, string[]>, profiles: Record<string, string[]> = {}) =>
      build({ grants: { agents, profiles } });
    expect(grants({ a: ["SECRET"] })).toMatchObject({ SECRET: "s" });
    expect(grants({}, { p: ["SECRET", "USER"] })).toMatchObject({ SECRET: "s", USER: "u" });
    for (const others of [grants({ b: ["SECRET"] }, { q: ["SECRET"] }), grants({ A: ["SECRET"], "a*": ["SECRET"] })])
      expect(others).not.toHaveProperty("SECRET");
  });

  it("registers what a run is granted, and what is called secret", () => {
    const { secrets } = new SecretStore().forRun("a");
    const options = {
      pass: ["VISIBLE"],
      set: { API_KEY: "value-of-api-key", MODE: "value-of-mode" },
      grants: { agents: { a: ["GRANTED"] }, profiles: {} },
    };
    const own = { GRANTED: "value-of-granted", VISIBLE: "value-of-visible" };
    const session = { id: "ses_1", mode: "start" as const, own: () => Promise.reject(new Error("not owned here")) };
    const env = { RUN_TOKEN: "value-of-run-token" };
    childEnvironment(options, "/work", own).forRun({ agent: { name: "a" }, env, profile: undefined, secrets, session });
    expect(secrets.text("value-of-granted value-of-api-key value-of-run-token value-of-visible value-of-mode")).toBe(
      "******** ******** ******** value-of-visible value-of-mode",
    );
  });

  it("masks a grant of six characters, whatever it is called", () => {
    const store = new SecretStore();
    const told: string[] = [];
    store.onShort((name) => told.push(name));
    const { secrets } = store.forRun("a");
    const grants = { agents: { a: ["PLAIN", "SHORT"] }, profiles: {} };
    const session = { id: "ses_1", mode: "start" as const, own: () => Promise.reject(new Error("not owned here")) };
    const children = childEnvironment({ pass: [], set: {}, grants }, "/work", { PLAIN: "mellon", SHORT: "speak" });
    for (const _ of [1, 2]) children.forRun({ agent: { name: "a" }, env: {}, profile: undefined, secrets, session });
    expect(secrets.text("speak mellon")).toBe("speak ********");
    expect(told).toEqual(["SHORT"]);
  });
});

describe("registerGrants", () => {
  it("masks what a profile is granted before it runs", () => {
    const store = new SecretStore();
    registerGrants({ agents: {}, profiles: { p: ["URL"] } }, store.runner, { URL: "value-of-url" });
    expect(store.mask("log", "value-of-url")).toBe("********");
  });
});
