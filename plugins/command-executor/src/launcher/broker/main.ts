// A broker: starts programs for the runner that started it. It is small, so that forking it costs little, and knows
// nothing but what it is told over its channel, with whose end it ends.
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { ProcFiles } from "../proc-files.ts";
import type { FromBroker, Greeting, Order, ToBroker } from "./messages.ts";
import { type Wire, Wires } from "./wires.ts";

const files = new ProcFiles();
let greeting: Greeting | undefined;
let wires: Wires | undefined;

// Whoever stops a whole group or service means the runner, which still needs us for what it has to end.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
process.on("disconnect", leave);
process.on("message", (message: ToBroker) => {
  if (message.type === "order") return void start(message);
  greeting = message;
  wires = new Wires(message);
  tell({ type: "ready" });
});

async function start(order: Order): Promise<void> {
  const taken = await wires!.take(order.input ? 3 : 2).catch(() => undefined);
  if (taken) startOn(order, taken);
  else tell({ type: "stranded", id: order.id });
}

function startOn(order: Order, taken: readonly Wire[]): void {
  try {
    const child = spawnOn(order, taken);
    for (const { socket } of taken) socket.destroy();
    if (child.pid === undefined) return void child.once("error", (error) => refuse(order, error));
    child.on("error", () => undefined);
    child.once("exit", (code, signal) => tell({ type: "ended", id: order.id, code, signal }));
    const names = taken.map(({ name }) => name);
    tell({ type: "began", id: order.id, pid: child.pid, startTime: startTimeOf(child.pid), wires: names });
  } catch (error) {
    for (const { socket } of taken) socket.destroy();
    refuse(order, error as NodeJS.ErrnoException);
  }
}

/** As leader of a session and a group of its own. */
function spawnOn({ file, args, cwd, env, input }: Order, taken: readonly Wire[]): ChildProcess {
  const [stdout, stderr, stdin] = taken.map(({ socket }) => socket);
  return spawn(file, args, { cwd, env, detached: true, stdio: [input ? stdin! : "ignore", stdout!, stderr!] });
}

/** A child that cannot be looked at, as for want of file descriptors, could not be ended either. */
function startTimeOf(pid: number): number {
  try {
    return files.facts(pid)?.startTime ?? 0;
  } catch (error) {
    process.kill(-pid, "SIGKILL");
    throw error;
  }
}

/** The runner is gone, and did perhaps not come to clear up. */
function leave(): never {
  if (greeting) rmSync(dirname(greeting.dock), { recursive: true, force: true });
  process.exit();
}

function refuse({ id }: Order, error: NodeJS.ErrnoException): void {
  tell({ type: "failed", id, code: error.code ?? "UNKNOWN", message: error.message });
}

function tell(message: FromBroker): void {
  process.send?.(message, undefined, undefined, () => undefined);
}
