import { type ConfigExport, definePlugin, type OptionsSchema, type Plugin, z } from "leasehold";
import { describe, expect, it } from "vitest";
import { type Configuration, readConfiguration } from "../../../core/src/config/configuration.ts";
import { resolveConfig } from "../../../core/src/config/resolve-config.ts";
import { showValue } from "../../../core/src/config/setting.ts";
import { FaultReport } from "../../../core/src/errors/leasehold-error.ts";

const pollOptions = z.strictObject({
  url: z.url().meta({ env: "POLL_URL", flag: "-u, --url <url>" }),
  every: z.int().positive().default(30).meta({ env: "POLL_EVERY", flag: "--every <seconds>", unit: "seconds" }),
  tags: z.array(z.string()).default([]).meta({ env: "POLL_TAGS", flag: "--tags <list>" }),
  strict: z.boolean().default(false).meta({ flag: "--strict" }),
  token: z.string().min(8).optional().meta({ env: "POLL_TOKEN", secret: true }),
});

describe("resolveConfig", () => {
  it("merges defaults, file, environment and flags in this order", async () => {
    const file = { url: "http://file", every: 1, tags: ["file"] };
    const env = { POLL_EVERY: "2", POLL_TAGS: " env , ,tag" };
    expect(await settingsOf(poll(file), { env, flags: { "--tags": "flag" } })).toMatchObject({
      url: ["http://file", "runner.config.ts"],
      every: [2, "env POLL_EVERY"],
      tags: [["flag"], "flag --tags"],
      strict: [false, "default"],
    });
  });

  it("makes faults of getters and schemas that throw", async () => {
    const thrower = () => {
      throw new Error("boo");
    };
    const odd = definePlugin({
      name: "odd",
      apiVersion: 1,
      options: z.strictObject({ a: z.string().default("").transform(thrower) }),
    });
    const getters = [
      Object.defineProperty({}, "plugins", { get: thrower, enumerable: true }),
      { plugins: [Object.defineProperty({}, "definition", { get: thrower })] },
      { plugins: [odd()] },
    ];
    for (const config of getters)
      await expect(
        resolveConfig(readConfiguration({ file: "/x/runner.config.ts", config }), {
          env: {},
          flags: new Map(),
          cwd: "/x",
        }),
      ).rejects.toMatchObject({ faults: [{ code: "CONFIG_INVALID", message: expect.stringMatching(/: boo$/) }] });
  });

  it("counts an empty variable as unset", async () => {
    const settings = await settingsOf(poll({ url: "http://file" }), { env: { POLL_EVERY: "" } });
    expect(settings["every"]).toEqual([30, "default"]);
  });

  it("gives plugins their options with defaults applied", async () => {
    const { plugins } = await resolved({ plugins: [poll({ url: "http://a" })] }, { flags: { "--strict": true } });
    expect(plugins[0]?.options).toEqual({ url: "http://a", every: 30, tags: [], strict: true });
  });

  it("finds meta before and after the default", async () => {
    const schema = z.object({ inner: z.int().meta({ env: "INNER" }).default(1) });
    const plugin = definePlugin({ name: "meta", apiVersion: 1, options: schema });
    expect((await resolved({ plugins: [plugin()] }, { env: { INNER: "5" } })).plugins[0]?.options).toEqual({
      inner: 5,
    });
  });

  it("anchors directories to the file or to the working directory", async () => {
    const core = { projectDir: "work", projectRoots: ["work", "/srv/"], profilesDir: "../profiles" };
    const fromFile = await resolved(core);
    expect(fromFile.options).toMatchObject({
      projectDir: "/etc/runner/work",
      projectRoots: ["/etc/runner/work", "/srv/"],
      profilesDir: "/etc/profiles",
    });
    const fromEnv = await resolved(core, { env: { PROJECT_DIR: "jobs" } });
    expect(fromEnv.options.projectDir).toBe("/home/me/jobs");
  });

  it("keeps an absolute project directory as written", async () => {
    expect((await resolved({}, { env: { PROJECT_DIR: "/srv//jobs/" } })).options.projectDir).toBe("/srv//jobs/");
  });

  it("defaults to the working directory and roots it there", async () => {
    const { options, settings } = await resolved({});
    expect(options).toMatchObject({ projectDir: "/home/me", projectRoots: ["/home/me"] });
    expect(settings.find(({ field }) => field.name === "projectDir")).toMatchObject({
      value: "/home/me",
      origin: "default",
    });
  });

  it("reports the faults of core, plugins, environment and order together", async () => {
    const late = definePlugin({ name: "late", apiVersion: 1, dependsOn: ["pol"] });
    const faults = await faultsOf(
      { timeoutSeconds: -1, plugins: [poll({ url: "nowhere", evry: 1 }), late(), "what"], graceSecond: 1 },
      { env: { POLL_EVERY: "soon", VERBOSE: "loud" } },
    );
    expect(faults).toEqual([
      "plugins[2] is not a plugin: it is a string",
      'plugin "late" depends on "pol", which is not configured (did you mean "poll"?)',
      'option "graceSecond" (runner.config.ts): there is no such option (did you mean "graceSeconds"?)',
      'option "verbose" (env VERBOSE: "loud"): it is not one of true, 1, yes, on, false, 0, no, off',
      'option "timeoutSeconds" (runner.config.ts: -1): Too small: expected number to be >0',
      'plugin "poll", option "evry" (runner.config.ts): there is no such option (did you mean "every"?)',
      'plugin "poll", option "every" (env POLL_EVERY: "soon"): it is not a number',
      'plugin "poll", option "url" (runner.config.ts: "nowhere"): Invalid URL',
    ]);
  });

  it("says how to set what is required", async () => {
    expect(await faultsOf({ plugins: [poll()] })).toEqual([
      'plugin "poll", option "url": it is required; set it in runner.config.ts, by POLL_URL or --url',
    ]);
  });

  it("masks secrets in faults and in what it shows", async () => {
    const refusing = z.object({
      key: z
        .string()
        .superRefine((key, context) => context.addIssue(`${key} is wrong`))
        .meta({ secret: true }),
    });
    const plugin = definePlugin({ name: "vault", apiVersion: 1, options: refusing });
    expect(await faultsOf({ plugins: [plugin({ key: "hunter2" })] })).toEqual([
      'plugin "vault", option "key" (runner.config.ts: ********): ******** is wrong',
    ]);
    const { settings } = await resolved(
      { plugins: [poll({ url: "http://a" })] },
      { env: { POLL_TOKEN: "hunter2hunter2" } },
    );
    const token = settings.find(({ field }) => field.name === "token");
    expect(token && showValue(token.field, token.value)).toBe("********");
  });

  it("masks user name and password of URLs in what it shows", async () => {
    const hosts = z.object({ hosts: z.array(z.url()).max(2).meta({ env: "HOSTS" }) });
    const listing = definePlugin({ name: "listing", apiVersion: 1, options: hosts });
    const urls = ["http://me:p@ss@a/x?y=z@b", "http://a:1/@scope"];
    const { settings } = await resolved({ plugins: [listing({ hosts: urls })] });
    const shown = settings.find(({ field }) => field.name === "hosts");
    expect(shown && showValue(shown.field, shown.value)).toBe('["http://********@a/x?y=z@b","http://a:1/@scope"]');
    const [fault] = await faultsOf({ plugins: [listing({ hosts: [...urls, "ftp://me:secret@c"] })] });
    expect(fault).toContain("ftp://********@c");
    expect(fault).not.toMatch(/p@ss|secret/);
  });

  it("shows no password of an address", async () => {
    const url = "http://user:hunter2@host:1/a@b";
    const { settings } = await resolved({ plugins: [poll({ url })] }, {});
    const shown = settings.find(({ field }) => field.name === "url");
    expect(shown && showValue(shown.field, shown.value)).toBe('"http://********@host:1/a@b"');
    const faults = await faultsOf({ plugins: [poll({ url: "http://user:hunter2@[" })] });
    expect(faults.join()).not.toContain("hunter2");
  });

  it("lets two options claim no flag or variable together", async () => {
    const first = plugin("first", z.object({ a: z.string().optional().meta({ env: "SAME", flag: "-a, --same <x>" }) }));
    const second = plugin("second", z.object({ b: z.string().optional().meta({ env: "SAME", flag: "--same <x>" }) }));
    const third = plugin("third", z.object({ c: z.string().optional().meta({ flag: "-p, --config <x>" }) }));
    expect(await faultsOf({ plugins: [first, second, third] })).toEqual([
      'flag --same is claimed by plugin "first", option "a" and by plugin "second", option "b"',
      'variable SAME is claimed by plugin "first", option "a" and by plugin "second", option "b"',
      'flag -p is claimed by option "projectDir" and by plugin "third", option "c"',
      'flag --config is claimed by the command line and by plugin "third", option "c"',
    ]);
  });

  it("refuses flags and variables that cannot work", async () => {
    const schema = z.object({
      bad: z.string().optional().meta({ flag: "bad" }),
      bool: z.boolean().default(false).meta({ flag: "--bool <x>" }),
      text: z.string().optional().meta({ flag: "--text" }),
      map: z.record(z.string(), z.string()).default({}).meta({ env: "MAP" }),
    });
    expect(await faultsOf({ plugins: [plugin("odd", schema)] })).toHaveLength(4);
  });

  it("reports a plugin listed twice once", async () => {
    const twice = [poll({ url: "http://a" }), poll({ url: "http://b" })];
    expect(await faultsOf({ plugins: twice })).toEqual(['two plugins are named "poll"']);
  });

  it("checks what a schema says of all options together, unless one is unreadable", async () => {
    const schema = z
      .object({ low: z.int().default(1).meta({ env: "LOW" }), high: z.int().default(0) })
      .refine(({ low, high }) => low <= high, "low must not be above high");
    expect(await faultsOf({ plugins: [plugin("range", schema)] })).toEqual([
      'plugin "range": low must not be above high',
    ]);
    expect(await faultsOf({ plugins: [plugin("range", schema)] }, { env: { LOW: "x" } })).toHaveLength(1);
  });

  it("takes further options only where the schema is open", async () => {
    const open = plugin("open", z.looseObject({}), { more: 1 });
    expect((await resolved({ plugins: [open] })).plugins[0]?.options).toEqual({ more: 1 });
    expect(await faultsOf({ plugins: [plugin("shut", z.object({}), { more: 1 })] })).toHaveLength(1);
    expect(await faultsOf({ plugins: [plugin("none", undefined, { more: 1 })] })).toHaveLength(1);
  });
});

interface Around {
  readonly env?: Record<string, string>;
  readonly flags?: Record<string, string | boolean>;
}

const poll = (options?: unknown): Plugin => plugin("poll", pollOptions, options);

function plugin(name: string, options: OptionsSchema | undefined, given: unknown = {}): Plugin {
  return { definition: { name, apiVersion: 1, ...(options ? { options } : {}) }, options: given };
}

function read(config: unknown): Configuration {
  return readConfiguration({ file: "/etc/runner/runner.config.ts", config: config as ConfigExport });
}

function resolved(config: unknown, { env = {}, flags = {} }: Around = {}) {
  const configuration = read(config);
  const given = Object.entries(flags).map(([long, value]) => {
    const field = configuration.fields.find(({ flag }) => flag?.long === long);
    if (!field) throw new Error(`no option has the flag ${long}`);
    return [field, value] as const;
  });
  return resolveConfig(configuration, { env, flags: new Map(given), cwd: "/home/me" });
}

async function settingsOf(plugin: Plugin, around: Around): Promise<Record<string, unknown>> {
  const { settings } = await resolved({ plugins: [plugin] }, around);
  return Object.fromEntries(
    settings.filter(({ field }) => field.owner).map(({ field, value, origin }) => [field.name, [value, origin]]),
  );
}

async function faultsOf(config: unknown, around: Around = {}): Promise<string[]> {
  const report = await resolved(config, around).catch((error: unknown) => error);
  if (!(report instanceof FaultReport)) throw new Error("there was no fault");
  return report.faults.map(({ message }) => message);
}
