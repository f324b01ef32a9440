import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import type { ChildEnvironment } from "@leasehold/command-executor";
import { type Decline, decline, type Entrypoint, entrypoint, type Run } from "leasehold";
import { MANIFEST, readManifest } from "../manifest.ts";
import { ScriptFault } from "../script-fault.ts";
import { shownName } from "../script-name.ts";
import type { ScriptStore } from "../store/script-store.ts";
import type { Lease } from "../store/version.ts";
import type { ScriptKeeper } from "../sync/script-keeper.ts";
import { interpreterOf, isThere } from "./interpreter.ts";
import { interpreterFault } from "./interpreter-fault.ts";
import type {} from "./unavailable-kind.ts";

export interface ScriptRunsSettings {
  readonly keeper: Pick<ScriptKeeper, "ready" | "failureOf" | "notFound">;
  readonly store: Pick<ScriptStore, "shelf">;
  readonly environment: () => ChildEnvironment;
}

type Answer = Entrypoint<"command"> | Entrypoint<"unavailable-script"> | Decline;

/** Turns script agents into commands, and holds the versions that their runs use. */
export class ScriptRuns {
  readonly #settings: ScriptRunsSettings;
  readonly #leases = new Map<string, Lease>();
  /** Versions whose interpreter was found, so that it is looked for once. */
  readonly #checked = new WeakSet<Lease["version"]>();

  constructor(settings: ScriptRunsSettings) {
    this.#settings = settings;
  }

  /** The process that an agent's `script` names; waits until the script is in step. */
  async resolve(run: Run): Promise<Answer> {
    const { script } = run.agent;
    if (script === undefined) return decline("the agent has no script");
    if (run.session.mode !== "start")
      return decline(`Procedural agents only support 'start' mode, got '${run.session.mode}'`);
    try {
      return await this.#commandOf(run, script);
    } catch (thrown) {
      this.release(run);
      if (!(thrown instanceof ScriptFault) || run.signal.aborted) throw thrown;
      return entrypoint("unavailable-script", { code: thrown.code, message: thrown.message });
    }
  }

  /** The run has ended, and with it all that it has started. */
  release(run: Pick<Run, "id">): void {
    this.#leases.get(run.id)?.release();
    this.#leases.delete(run.id);
  }

  async #commandOf(run: Run, script: string): Promise<Entrypoint<"command">> {
    const { keeper, store } = this.#settings;
    await keeper.ready(script, run.signal);
    const lease = await store.shelf(script).take();
    if (!lease) throw keeper.notFound(script);
    this.#leases.set(run.id, lease);
    run.signal.throwIfAborted();
    const failure = keeper.failureOf(script);
    if (failure !== undefined)
      run.log.warn({ err: failure, script }, "the script's newest version was refused; the run uses the one before");
    const file = await this.#fileOf(lease, script);
    await this.#checkInterpreter(run, lease, script, file);
    run.signal.throwIfAborted();
    return entrypoint("command", { file, args: [] });
  }

  async #fileOf({ directory, version }: Lease, script: string): Promise<string> {
    const manifest = version.manifest ?? (await readManifest(directory).catch((thrown) => rethrow(thrown, script)));
    if (!manifest) throw this.#settings.keeper.notFound(script);
    const file = join(directory, manifest.script_file);
    if (version.manifest === undefined) await assertInside(file, directory, script);
    return file;
  }

  async #checkInterpreter(run: Run, { version }: Lease, script: string, file: string): Promise<void> {
    if (this.#checked.has(version)) return;
    const interpreter = await interpreterOf(file).catch(() => undefined);
    const { PATH = "" } = this.#settings.environment().forRun(run);
    if (interpreter && !(await isThere(interpreter.program, PATH, run.projectDir)))
      throw interpreterFault(script, file, interpreter);
    if (version.id !== undefined) this.#checked.add(version);
  }
}

/** Of folders that were not installed by us nothing has been checked before. */
async function assertInside(file: string, directory: string, script: string): Promise<void> {
  const [real, root] = await Promise.all([realpath(file), realpath(directory)]).catch(() => [undefined, undefined]);
  const inside = real !== undefined && root !== undefined && real.startsWith(root + sep);
  if (inside && (await stat(real)).isFile()) return;
  throw invalid(script, `script_file in ${join(directory, MANIFEST)} names no file of the script's folder`);
}

function rethrow(thrown: unknown, script: string): never {
  if (thrown instanceof ScriptFault) throw invalid(script, thrown.message);
  throw thrown;
}

function invalid(script: string, problem: string): ScriptFault {
  return new ScriptFault("SCRIPT_INVALID", `Error: Script ${shownName(script)} cannot be run: ${problem}`);
}
