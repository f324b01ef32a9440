import type { Invocation } from "leasehold";
import type { EmbeddedCoordinator } from "../start.ts";
import { greet } from "./greeting.ts";

/** A runner in this process, for as long as no signal comes. */
export async function leaseHere(
  { createRunner, signal, secondSignal, stdout }: Invocation,
  coordinator: EmbeddedCoordinator,
): Promise<void> {
  const runner = await createRunner({
    core: { journal: "memory" },
    plugins: { coordinator: { url: coordinator.url } },
  });
  const ended = new AbortController();
  const leasing = runner.lease({ drain: signal, stop: secondSignal }).finally(() => ended.abort());
  const registered = coordinator
    .recorded(({ path, status }) => path === "/runner/register" && status === 200, ended.signal)
    .then(() => greet(coordinator, stdout))
    .catch((thrown: unknown) => {
      // Why there was no registration, leasing tells.
      if (!ended.signal.aborted) throw thrown;
    });
  await Promise.all([leasing, registered]);
  await runner.close();
}
