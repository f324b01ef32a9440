import { type Agent, Decline, type Profile } from "leasehold";
import { describe, expect, it } from "vitest";
import { resolveCommand } from "../../../../plugins/command-executor/src/resolve/resolve-command.ts";

const profile: Profile = { name: "p", directory: "/srv/profile", executor: { type: "procedural" }, agents: [] };

function resolve(agent: Partial<Agent>, mode: "start" | "resume" = "start", of: Profile | undefined = profile) {
  return resolveCommand({ agent: { name: "a", ...agent }, profile: of, session: { mode } });
}

describe("resolveCommand", () => {
  it("resolves the first word below the profile's directory", () => {
    expect(resolve({ command: "bin/run --fast 'a b'" })).toEqual({
      kind: "command",
      file: "/srv/profile/bin/run",
      args: ["--fast", "a b"],
    });
  });

  it("lets an absolute word replace the directory", () => {
    expect(resolve({ command: "/bin/ls -l" })).toMatchObject({ file: "/bin/ls", args: ["-l"] });
  });

  it("leaves dots to the operating system", () => {
    expect(resolve({ command: "./../x//run" })).toMatchObject({ file: "/srv/profile/../x/run" });
  });

  it.each<[string, Partial<Agent>, string]>([
    ["there is no command", {}, "the agent has no command"],
    ["there is only a script", { script: "s" }, "the agent has a script, which comes before its command"],
    ["the command is empty", { command: " " }, "the agent's command is empty"],
    [
      "a quote is open",
      { command: "run 'x" },
      "the command cannot be split into words, a single quote is not closed: run 'x",
    ],
  ])("declines when %s", (_, agent, reason) => {
    expect(resolve(agent)).toEqual(new Decline(reason));
  });

  it("declines to resume", () => {
    expect(resolve({ command: "x" }, "resume")).toEqual(
      new Decline("Procedural agents only support 'start' mode, got 'resume'"),
    );
  });

  it("declines a relative command without a profile", () => {
    const answer = resolveCommand({
      agent: { name: "a", command: "x" },
      profile: undefined,
      session: { mode: "start" },
    });
    expect(answer).toEqual(new Decline("the command is relative and the agent belongs to no profile: x"));
  });
});
