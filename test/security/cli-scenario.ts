import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import main from "../../core/src/cli/main.ts";
import { ScriptedCoordinator } from "../plugins/coordinator/scripted-coordinator.ts";
import type { Canaries } from "./canaries.ts";
import { CALLS, environmentOf } from "./command-line.ts";
import type { LeakyStore } from "./leaky-store.ts";
import { repeating } from "./repeating.ts";
import { Sinks } from "./sinks.ts";
import { TokenServer } from "./token-server.ts";

/** Every command of the command line, one after another, each as a call of its own. */
export async function cliScenario(canaries: Canaries, newStore: () => LeakyStore): Promise<Sinks> {
  const sinks = new Sinks();
  await using remote = await ScriptedCoordinator.start();
  await using tokens = await TokenServer.start(canaries.secret("an access token", { plain: true }));
  tokens.refusals = 2;
  for (const route of ["GET /health", "GET /runners", "GET /agents", "GET /agents/gossip", "GET /scripts"])
    remote.always(route, repeating(500));
  remote.always("POST /runner/register", repeating(403));
  const directory = await realpath(await mkdtemp(join(tmpdir(), "leasehold-canary-")));
  const around = environmentOf(canaries, { coordinator: remote.url, issuer: tokens.issuer, directory });
  try {
    for (const { args, env = {} } of CALLS) {
      const terminal = {
        env: { ...around, ...env },
        cwd: directory,
        stdin: new PassThrough(),
        stdout: kept(`stdout of ${args.join(" ")}`, sinks),
        stderr: kept(`stderr of ${args.join(" ")}`, sinks),
      };
      const flag = args[0] === "run" || args[0] === "journal" ? [] : ["--gossip", canaries.secret("an option's flag")];
      await main([...args, ...flag], terminal, newStore());
    }
    for (const { route, query, body } of remote.requests) sinks.add("coordinator", `${route} ${query} ${body}`);
    await sinks.addFiles("files", directory);
    return sinks;
  } finally {
    await rm(directory, { recursive: true });
  }
}

function kept(where: string, sinks: Sinks): Writable {
  return new Writable({
    write(text, _encoding, done) {
      sinks.add(where, String(text));
      done();
    },
  });
}
