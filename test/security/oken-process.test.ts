import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Leasehold } from "../e2e/leasehold.ts";
import { addressOf, type OkenProject, okenProject } from "../plugins/docker-oken/cli/oken-project.ts";
import { describeWithEngine, engine } from "../plugins/docker-oken/engine.ts";
import { okenPlace } from "../plugins/docker-oken/oken-api.ts";
import { Canaries } from "./canaries.ts";
import { raising, stillborn, unbuildable } from "./oken-agents.ts";
import { processTable } from "./process-table.ts";
import { Sinks } from "./sinks.ts";

const canaries = new Canaries();
const apiToken = canaries.secret("the token of the Oken API", { plain: true });
const secret = canaries.secret("a secret of a deployment");
/** Stands in the agent's code, so that whoever looks through its image for secrets finds something. */
const MARKER = "a-word-that-is-in-the-code";

/** What the command line is called with, and what it must say for the test to mean anything. */
const ACTS: readonly (readonly [words: readonly string[], code: number, says: RegExp])[] = [
  [["config"], 0, /docker-oken\.apiToken +\*{8}/],
  [["config", "--json", "--verbose"], 0, /\*{8}/],
  [["plugins", "--json"], 0, /docker-oken/],
  [["doctor"], 1, /docker-oken/],
  [["doctor", "--json", "--verbose"], 1, /"engine and base image"|docker-oken/],
  [["oken", "deploy", "cli-raising", "--secrets", "secrets.json"], 0, /cli-raising is running/],
  [["oken", "deploy", "cli-stillborn", "--secrets", "secrets.json"], 1, /\*{8}/],
  [["oken", "deploy", "cli-unbuildable", "--secrets", "secrets.json"], 1, /BUILD_FAILED/],
  [["oken", "invoke", "cli-raising"], 1, /INVOKE_FAILED/],
  [["oken", "logs", "cli-raising"], 0, /\*{8}/],
  [["oken", "logs", "cli-stillborn"], 0, /\*{8}/],
  [["oken", "build-log", "cli-unbuildable"], 0, /\*{8}/],
  [["oken", "ls", "--json"], 0, /cli-raising/],
];

describeWithEngine("secrets of agents, and the API's own", () => {
  it("leave neither by any process, nor by the image or other processes' variables", { timeout: 300_000 }, async () => {
    const { dataDir, network, instance } = await okenPlace();
    const { host: dockerHost, baseImage } = engine();
    const options = { dataDir, network, instance, dockerHost, baseImage, port: 0 };
    const project = await okenProject(
      options,
      folders({ "cli-raising": raising, "cli-stillborn": stillborn, "cli-unbuildable": unbuildable(secret) }),
    );
    await writeFile(join(project.directory, "secrets.json"), JSON.stringify({ DEPLOYED: secret }), { mode: 0o600 });

    const sinks = new Sinks();
    const state = join(project.directory, "state");
    const served = call(project, ["oken", "serve", "--verbose"], {
      LEASEHOLD_STATE_DIR: state,
      LEASEHOLD_JOURNAL: "durable",
    });
    const api = await addressOf(served);
    for (const [words, code, says] of ACTS) {
      const called = call(project, words[0] === "oken" ? [...words, "--api", api] : words, {});
      expect.soft(await called.exit(), `${words.join(" ")}\n${called.stderr}`).toBe(code);
      expect.soft(called.stdout + called.stderr, words.join(" ")).toMatch(says);
      keep(sinks, words.join(" "), called);
    }
    const agents = await pidsOf("oken-cli-raising");
    const table = await processTable();
    expect(
      table
        .filter(({ pid }) => agents.includes(pid))
        .map(({ variables }) => variables)
        .join(),
    ).toContain(Buffer.from(secret).toString("latin1"));
    for (const { pid, words, variables } of table) {
      sinks.add(`words of process ${pid}`, words);
      if (!agents.includes(pid) && pid !== served.child.pid) sinks.add(`variables of process ${pid}`, variables);
    }
    const image = await imageText("oken-agent:cli-raising", [MARKER, secret, secret.slice(5, 35), apiToken]);
    expect(image.found).toEqual([MARKER]);
    sinks.add("facts of the image", image.facts);

    served.signal("SIGTERM");
    expect(await served.exit(), served.stderr).toBe(0);
    keep(sinks, "serve", served);
    await sinks.addFiles("data", dataDir);
    await sinks.addFiles("state", state);
    expect(sinks.leaks(canaries)).toEqual([]);
  });
});

/** The token comes by the environment, which other users do not see. */
function call(project: OkenProject, words: readonly string[], env: Readonly<Record<string, string>>): Leasehold {
  return project.call(words, { OKEN_API_TOKEN: apiToken, ...env });
}

function keep(sinks: Sinks, where: string, { stdout, stderr }: Leasehold): void {
  sinks.add(`stdout of ${where}`, stdout);
  sinks.add(`stderr of ${where}`, stderr);
}

function folders(agents: Readonly<Record<string, Readonly<Record<string, string>>>>): Record<string, string> {
  const files = Object.entries(agents).flatMap(([id, content]) =>
    Object.entries({ ...content, "marker.txt": MARKER }).map(([path, text]) => [`${id}/${path}`, text] as const),
  );
  return Object.fromEntries(files);
}

async function pidsOf(container: string): Promise<number[]> {
  const { Titles, Processes } = await engine().docker.getContainer(container).top();
  const at = Titles.indexOf("PID");
  return Processes.map((columns: readonly string[]) => Number(columns[at]));
}

/** Which words stand in any layer of an image, and what the engine tells of it. */
async function imageText(tag: string, words: readonly string[]) {
  const image = engine().docker.getImage(tag);
  const found = new Set<string>();
  let rest = Buffer.alloc(0);
  for await (const chunk of await image.get()) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    for (const word of words) if (bytes.includes(word)) found.add(word);
    rest = bytes.subarray(-200);
  }
  return { found: [...found], facts: JSON.stringify([await image.inspect(), await image.history()]) };
}
