import { text } from "node:stream/consumers";
import type { ScriptOrigin, Scripts } from "@leasehold/script-executor";
import type { Credentials } from "leasehold";
import { describe, expect, it, onTestFinished } from "vitest";
import { CoordinatorClient } from "../../../plugins/coordinator/src/client.ts";
import { CoordinatorScripts } from "../../../plugins/coordinator/src/scripts.ts";
import { NOT_REGISTERED, REGISTERED, ScriptedCoordinator } from "./scripted-coordinator.ts";
import { quiet, start } from "./test-source.ts";

const DOWNLOAD = "GET /scripts/disk_report/download";

function scriptsAt(url: string, credentials?: Credentials, requestMs = 30_000) {
  const client = new CoordinatorClient({ url, requestMs, credentials: () => credentials, log: quiet });
  onTestFinished(() => client.close());
  return new CoordinatorScripts(client);
}

const never = new AbortController().signal;
const download = async (scripts: ScriptOrigin, name = "disk_report") => {
  const content = await scripts.download(name, never);
  return content && text(content);
};

/** Whoever keeps scripts, and what it was told. */
function keeper() {
  const told: unknown[] = [];
  const scripts: Scripts = {
    connect: (origin) => void told.push(["connect", origin instanceof CoordinatorScripts]),
    sync: (names) => void told.push(["sync", ...names]),
    remove: (names) => void told.push(["remove", ...names]),
    reconcile: () => void told.push(["reconcile"]),
    installed: async () => [],
    ready: async () => {},
    hold: () => Promise.reject(new Error("nobody holds a script here")),
  };
  return { scripts, told };
}

describe("a source beside somebody who keeps scripts", () => {
  it("hands over the coordinator's scripts and what polls say of them", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { scripts, told } = keeper();
    start({ url: coordinator.url, scripts });
    await coordinator.answerPoll({ json: { sync_scripts: ["a", "b"], remove_scripts: ["c"] } });
    await coordinator.seen("GET /runner/runs", 2);
    expect(told).toEqual([["connect", true], ["reconcile"], ["remove", "c"], ["sync", "a", "b"]]);
  });

  it("reconciles again after it was forgotten", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { scripts, told } = keeper();
    start({ url: coordinator.url, scripts });
    coordinator.once("POST /runner/register", { json: { ...REGISTERED, runner_id: "lnch_2" } });
    await coordinator.answerPoll(NOT_REGISTERED);
    await coordinator.seen("GET /runner/runs", 2);
    expect(told).toEqual([["connect", true], ["reconcile"], ["reconcile"]]);
  });
});

describe("the coordinator's scripts", () => {
  it("are listed by name", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("GET /scripts", { json: [{ name: "a", description: "x" }, { name: "b" }] });
    expect(await scriptsAt(coordinator.url).list(never)).toEqual(["a", "b"]);
  });

  it.each([
    [{ status: 500, json: { detail: "broken" } }, /GET .*\/scripts answered 500: broken/],
    [{ json: { scripts: [] } }, /answered what is no list of scripts/],
    [{ text: "<html>" }, /answered what is no list of scripts/],
  ])("are no list when it answers %j", async (answer, problem) => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("GET /scripts", answer);
    await expect(scriptsAt(coordinator.url).list(never)).rejects.toThrow(problem);
  });

  it("are downloaded with credentials, and once more with others", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.once(DOWNLOAD, { status: 401, json: { detail: "expired" } }, { text: "archive" });
    const tokens = ["old", "new"];
    const scripts = scriptsAt(coordinator.url, {
      headers: async () => ({ Authorization: `Bearer ${tokens.shift()}` }),
      rejected: async () => true,
    });
    expect(await download(scripts)).toBe("archive");
    expect(coordinator.of(DOWNLOAD).map(({ headers }) => headers.authorization)).toEqual(["Bearer old", "Bearer new"]);
  });

  it("are nothing only when the coordinator itself says so", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const scripts = scriptsAt(coordinator.url);
    coordinator.once(DOWNLOAD, { status: 404, json: { detail: "Script not found: disk_report" } });
    expect(await download(scripts)).toBeUndefined();
    coordinator.once(DOWNLOAD, { status: 404, json: { detail: "Not Found" } }, { status: 404, text: "<html>" });
    await expect(download(scripts)).rejects.toThrow(/\/scripts\/disk_report\/download answered 404: Not Found/);
    await expect(download(scripts)).rejects.toThrow(/answered 404/);
  });

  it("are asked for by an escaped name", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("GET /scripts/a%20b%3F%23/download", { text: "archive" });
    expect(await download(scriptsAt(coordinator.url), "a b?#")).toBe("archive");
  });

  it("fail with the request's name when the connection is lost, before the answer or in its middle", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const scripts = scriptsAt(coordinator.url, undefined, 100);
    coordinator.once(DOWNLOAD, { drop: true }, { text: "half", headers: { "content-length": "8" } });
    await expect(download(scripts)).rejects.toThrow(/^GET http.*\/scripts\/disk_report\/download: /);
    await expect(download(scripts)).rejects.toThrow(/^GET http.*\/scripts\/disk_report\/download: /);
  });

  it("let go of a download that is given up", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(DOWNLOAD, { hang: true });
    const over = new AbortController();
    const begun = scriptsAt(coordinator.url).download("disk_report", over.signal);
    await coordinator.seen(DOWNLOAD);
    over.abort(new Error("given up"));
    await expect(begun).rejects.toThrow(/given up/);
  });
});
