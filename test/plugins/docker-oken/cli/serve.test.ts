import { expect, test } from "vitest";
import { describeWithEngine, engine } from "../engine.ts";
import { okenPlace } from "../oken-api.ts";
import { addressOf, okenProject } from "./oken-project.ts";

const FILES = {
  "agent/oken.toml": 'name = "VAT"\nslug = "vat-served"\n',
  "agent/main.py":
    "def handler(input):\n    print('price', input['price'], flush=True)\n    return {'gross': input['price'] * 2}\n",
  "broken-served/oken.toml": 'name = "Broken"\nslug = "broken-served"\n',
  "broken-served/main.py": "import nothing_of_that_name\n",
  "unbuildable-served/oken.toml": 'name = "Unbuildable"\nslug = "unbuildable-served"\n',
  "unbuildable-served/main.py": "",
  "unbuildable-served/requirements.txt": "no-such-package-of-anybody==99.99\n",
  "nameless/oken.toml": 'slug = "nameless"\n',
};

async function project() {
  const { dataDir, network, instance } = await okenPlace();
  const { host: dockerHost, baseImage } = engine();
  return okenProject({ dataDir, network, instance, dockerHost, baseImage, port: 0 }, FILES);
}

describeWithEngine("leasehold oken", () => {
  test("serves without the coordinator, does every act, and ends at SIGTERM", { timeout: 180_000 }, async () => {
    const { call, ended } = await project();
    const served = call(["oken", "serve"]);
    const api = await addressOf(served);
    const said = async (...words: string[]) => {
      const { code, stdout, stderr } = await ended("oken", ...words, "--api", api);
      expect(code, stderr).toBe(0);
      return stdout;
    };
    expect(await said("deploy", "agent")).toBe(`vat-served is running: ${api}/invoke/vat-served\n`);
    expect(await said("invoke", "vat-served", '{"price": 21}')).toBe('{"gross":42}\n');
    expect(await said("ls")).toMatch(/vat-served +running/);
    expect(JSON.parse(await said("ls", "--json")).agents).toMatchObject([{ agent_id: "vat-served" }]);
    expect(await said("logs", "vat-served")).toContain("price 21\n");
    expect(await said("build-log", "vat-served")).not.toBe("");

    const following = call(["oken", "logs", "vat-served", "--follow", "--tail", "1", "--api", api]);
    await following.printed("price 21");
    await said("invoke", "vat-served", '{"price": 22}');
    await following.printed("price 22");
    following.signal("SIGINT");
    await following.exit();

    expect(await said("stop", "vat-served")).toBe("vat-served is stopped and forgotten\n");
    expect(JSON.parse(await said("ls", "--json"))).toEqual({ agents: [] });
    served.signal("SIGTERM");
    expect(await served.exit(), served.stderr).toBe(0);
    expect(served.stderr).not.toContain("coordinator");
  });

  test("fails with 1 and the runner's words, whatever is wrong with the agent", { timeout: 180_000 }, async () => {
    const { call, ended } = await project();
    const api = await addressOf(call(["oken", "serve"]));
    const failed = async (...words: string[]) => {
      const { code, stdout, stderr } = await ended("oken", ...words, "--api", api);
      expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: "" });
      return stderr;
    };
    expect(await failed("deploy", "broken-served")).toMatch(/broken-served did not start:[\s\S]*nothing_of_that_name/);
    expect(await failed("invoke", "broken-served")).toContain("AGENT_NOT_RUNNING");
    expect(await failed("deploy", "unbuildable-served")).toMatch(
      /Failed to build image[\s\S]*BUILD_FAILED[\s\S]*build-log/,
    );
    expect(await failed("deploy", "nameless")).toMatch(/must specify agent\.name[\s\S]*CONFIG_ERROR/);
    expect(await failed("invoke", "nobody")).toMatch(/nobody not found[\s\S]*oken ls/);
    expect(await failed("logs", "nobody")).toContain("AGENT_NOT_FOUND");
    expect(await failed("build-log", "nobody")).toContain("AGENT_NOT_FOUND");
    expect(await failed("stop", "nobody")).toContain("AGENT_NOT_FOUND");
  });
});
