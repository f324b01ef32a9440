import { setTimeout as wait } from "node:timers/promises";
import type { Coordinators } from "./coordinators.ts";
import type { PlannedRun } from "./plan.ts";
import { scriptOf } from "./results.ts";

const PAUSE_MS = 40;

/** A run as the coordinator shows it. */
export interface RunView {
  readonly status: string;
  readonly error: string | null;
}

/** Whoever wants runs: asks the coordinator again until it answers, for it may be away. */
export class Client {
  readonly #coordinators: Coordinators;
  readonly #over: AbortSignal;
  #version = 1;

  /** @param over Ends the asking. */
  constructor(coordinators: Coordinators, over: AbortSignal) {
    this.#coordinators = coordinators;
    this.#over = over;
  }

  /** Adds the script and its agent, which outlast the coordinators. */
  async prepare(): Promise<void> {
    const script = { name: "chaos", description: "Changes under way", script_file: "run", script_content: scriptOf(1) };
    await this.#post("/scripts", script);
    const agent = { name: "scripted", description: "Runs it", type: "procedural", script: "chaos" };
    await this.#post("/agents", agent);
  }

  async changeScript(): Promise<void> {
    await this.#untilOk("PATCH", "/scripts/chaos", { script_content: scriptOf(++this.#version) });
  }

  /** Queues a run, once its agent is there; answers its id. */
  async submit({ session, behaviour, parameters }: PlannedRun): Promise<string> {
    await this.#untilOk("GET", `/agents/${behaviour}`);
    const run = { type: "start_session", agent_name: behaviour, session_id: session, parameters };
    const answer = await this.#untilOk("POST", "/runs", run);
    return ((await answer.json()) as { run_id: string }).run_id;
  }

  /** Asks for a stop until the coordinator takes it; the runner may be away. */
  async stop(session: string): Promise<void> {
    await this.#untilOk("POST", `/sessions/${session}/stop`);
  }

  async view(run: string): Promise<RunView> {
    return (await (await this.#untilOk("GET", `/runs/${run}`)).json()) as RunView;
  }

  async events(session: string): Promise<string> {
    return (await this.#untilOk("GET", `/sessions/${session}/events`)).text();
  }

  async #post(path: string, body: object): Promise<void> {
    const answer = await this.#coordinators.ask("POST", path, body);
    if (answer?.status !== 201) throw new Error(`POST ${path}: ${answer?.status} ${await answer?.text()}`);
  }

  async #untilOk(method: string, path: string, body?: object): Promise<Response> {
    for (;;) {
      this.#over.throwIfAborted();
      const answer = await this.#coordinators.ask(method, path, body);
      if (answer?.ok) return answer;
      await answer?.body?.cancel();
      await wait(PAUSE_MS, undefined, { signal: this.#over });
    }
  }
}
