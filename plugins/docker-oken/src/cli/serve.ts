import { OkenApiToken } from "../offer-agents.ts";
import { SOURCE } from "../source.ts";
import type { OkenCall } from "./oken-command.ts";

/** `oken serve`: the runner API in the foreground, without any coordinator, until a signal ends it. */
export async function serve({ invocation }: OkenCall): Promise<number> {
  const { stdout, signal, secondSignal } = invocation;
  const runner = await invocation.createRunner();
  const leasing = runner.lease({ drain: signal, stop: secondSignal }, [SOURCE]);
  runner.services.get(OkenApiToken).address.then(
    (address) => stdout.write(`the Oken runner API listens on ${address}\n`),
    // The leasing fails with it.
    () => undefined,
  );
  await leasing;
  return 0;
}
