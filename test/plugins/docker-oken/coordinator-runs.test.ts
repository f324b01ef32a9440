import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commandExecutor } from "@leasehold/command-executor";
import { coordinator } from "@leasehold/coordinator";
import { startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { scriptExecutor } from "@leasehold/script-executor";
import { defineProfile } from "leasehold";
import { expect, onTestFinished, test } from "vitest";
import { resultOf, submit } from "../script-executor/together.ts";
import { describeWithEngine } from "./engine.ts";
import { ask } from "./local-api.ts";
import { deploy, okenPlace, okenRunner, python } from "./oken-api.ts";

const MAIN = "def handler(input):\n    return {'gross': input['price'] * 2}\n";

const parametersSchema = { type: "object" };

const quotes = defineProfile({
  name: "quotes",
  directory: "/",
  executor: { type: "procedural" },
  agents: [{ name: "by-id", description: "Calls what was deployed", command: "oken:vat-quote", parametersSchema }],
});

async function together() {
  const at = await startEmbeddedCoordinator({ port: 0 });
  onTestFinished(() => at.close());
  const place = await okenPlace();
  const folder = join(place.projectDir, "scripts/quote");
  await mkdir(folder, { recursive: true });
  const manifest = { name: "quote", description: "d", script_file: "main.py" };
  const files = { ...python(MAIN), "script.json": JSON.stringify(manifest) };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const plugins = [coordinator({ url: at.url }), commandExecutor(), scriptExecutor(), quotes];
  const api = await okenRunner(place, {}, plugins);
  while (!api.log.some(({ msg }) => String(msg).startsWith("registered"))) await new Promise(setImmediate);
  return { at, api };
}

describeWithEngine("runs of a coordinator", () => {
  test("call an agent that was deployed through the API", async () => {
    const { at, api } = await together();
    expect((await deploy(api.url, "vat-quote", python(MAIN))).body.status).toBe("running");
    expect(await resultOf(at, await submit(at, "by-id", { price: 4 }))).toMatchObject({ result: { gross: 8 } });
  });

  test("of a script with an oken.toml deploy it on first use", async () => {
    const { api } = await together();
    const run = (id: string, parametersText: string) =>
      api.runner.execute({
        id,
        agent: { name: "by-script", script: "quote" },
        session: { id, mode: "start" },
        parametersText,
      });
    const outcomes = await Promise.all([run("one", '{"price": 21}'), run("two", '{"price": 1}')]);
    expect(outcomes.map(({ result }) => result?.text)).toEqual(['{"gross":42}', '{"gross":2}']);
    expect((await ask(`${api.url}/agents`)).body.agents).toMatchObject([
      { agent_id: "script_quote", status: "running" },
    ]);
  });
});
