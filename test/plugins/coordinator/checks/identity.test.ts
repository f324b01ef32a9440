import { startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { describe, expect, it, onTestFinished } from "vitest";
import { identity } from "../../../../plugins/coordinator/src/checks/identity.ts";
import { checkContext } from "./check-context.ts";

const OURS = {
  hostname: "build-07",
  project_dir: "/srv/jobs",
  executor_profile: "one",
  executor: { type: "procedural", command: "exec" },
  agents: [{ name: "echo", description: "Echo", command: "/bin/echo" }],
};

describe("the check of the identity", () => {
  it("finds it free", async () => {
    const { url } = await registered();
    expect(await identity.run(await checkContext({ url }))).toEqual([{ ok: true, detail: "free" }]);
  });

  it("recognises itself while it is online", async () => {
    const { url } = await registered(OURS);
    expect(await identity.run(await checkContext({ url }))).toEqual([
      { ok: true, detail: expect.stringMatching(/^registered and online as lnch_\w+; a second/) },
    ]);
  });

  it("knows that a stale predecessor is taken over", async () => {
    let now = Date.now();
    const { url, coordinator } = await registered(OURS, () => now);
    now += 200_000;
    coordinator.checkLifecycle();
    expect(await identity.run(await checkContext({ url }))).toEqual([
      { ok: true, detail: expect.stringContaining("is stale; a new start takes it over") },
    ]);
  });

  it("tells of another runner that offers the same agent", async () => {
    const { url } = await registered({ ...OURS, hostname: "build-09" });
    expect(await identity.run(await checkContext({ url }))).toEqual([
      {
        ok: false,
        problem: expect.stringMatching(/^agent "echo" is offered by runner lnch_\w+ \(build-09, \/srv\/jobs, one\)/),
        fix: expect.stringContaining("choose another profile"),
      },
    ]);
  });

  it.each([
    ["tags that are demanded but not there", { requireMatchingTags: true }, {}, "it takes no run at all"],
    ["tags that its own agents do not demand", { requireMatchingTags: true, tags: ["cli"] }, {}, "agents (echo)"],
    ["a type that gets no such runs", {}, { executor: { type: "autonomous" } }, `profile "one" has type "autonomous"`],
  ])("tells why no run would come: %s", async (_why, options, profile, problem) => {
    const { url } = await registered();
    const results = [await identity.run(await checkContext({ url, options, ...profile }))].flat();
    expect(results.filter(({ ok }) => !ok)).toEqual([
      { ok: false, problem: expect.stringContaining(problem), fix: expect.any(String) },
    ]);
  });

  it("leaves a coordinator that does not answer to another check", async () => {
    const { url, coordinator } = await registered();
    await coordinator.close();
    expect(await identity.run(await checkContext({ url }))).toEqual([]);
  });

  it("has nothing to say without a runner", async () => {
    expect(await identity.run({ ...(await checkContext({ url: "http://localhost:1" })), runner: undefined })).toEqual(
      [],
    );
  });
});

async function registered(runner?: object, now: () => number = Date.now) {
  const coordinator = await startEmbeddedCoordinator({ port: 0 }, { now });
  onTestFinished(() => coordinator.close());
  const headers = { "content-type": "application/json" };
  if (runner)
    await fetch(`${coordinator.url}/runner/register`, { method: "POST", headers, body: JSON.stringify(runner) });
  return { url: coordinator.url, coordinator };
}
