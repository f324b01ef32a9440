import { messageOf } from "../errors/leasehold-error.ts";
import type { Logger } from "../log/logger.ts";
import { type Call, withRunner } from "./call.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { listenForInterrupts } from "./interrupts.ts";

/** `leasehold start`: leases until told to end. */
export async function start(call: Call): Promise<number> {
  const interrupts = listenForInterrupts();
  try {
    await withRunner(call, (runner, { options }, log) => {
      const { first } = interrupts;
      first.addEventListener("abort", () => announceDrain(first.reason, options.drainTimeoutSeconds, log));
      return runner.lease({ drain: interrupts.first, stop: interrupts.second });
    });
    interrupts.throwStray();
    return EXIT_CODES.ENDED.code;
  } finally {
    interrupts.dispose();
  }
}

function announceDrain(reason: unknown, seconds: number, log: Logger): void {
  log.info(
    { reason: messageOf(reason), seconds },
    `draining: running work may go on for ${seconds} s; a second signal stops it`,
  );
}

/** `leasehold start --profile-list`: the names of all profiles, one a line. */
export async function listProfileNames(call: Call): Promise<number> {
  await withRunner(call, async ({ profiles }) => {
    for (const { name } of profiles) call.terminal.stdout.write(`${name}\n`);
  });
  return EXIT_CODES.ENDED.code;
}
