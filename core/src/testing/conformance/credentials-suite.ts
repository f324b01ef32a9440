import { expect } from "vitest";
import type { PluginEntry } from "../../config/define-config.ts";
import { Credentials } from "../../credentials.ts";
import type { Plugin } from "../../plugin/plugin.ts";
import { startRunner } from "../runner/start-runner.ts";
import type { TestRunner } from "../runner/test-runner.ts";
import { leavingNoHandle } from "./leaving-no-handle.ts";
import type { Point } from "./subject.ts";
import { suite } from "./suite.ts";

/** Whoever hands credentials out, and takes them: an identity provider, a file of tokens. One for each point. */
export interface CredentialsWorld extends AsyncDisposable {
  /** Makes the plugin for this world. */
  create(): Plugin;
  /** What the plugin depends on. */
  readonly companions?: () => readonly PluginEntry[];
  /** Whether the far side takes these headers now. */
  takes(headers: Readonly<Record<string, string>>): Promise<boolean>;
  /** What must not be seen anywhere: passwords, client secrets. Not the headers themselves. */
  readonly secrets: readonly string[];
}

/** A provider of credentials, and what can happen to it. */
export interface CredentialsSubject<World extends CredentialsWorld> {
  readonly name: string;
  open(): Promise<World>;
  /** From now on the far side refuses what it has handed out, and hands out others. */
  readonly revoke: Point<(world: World) => Promise<void>>;
  /** From now on the far side refuses what it has handed out, and hands nothing out. */
  readonly breakDown: Point<(world: World) => Promise<void>>;
}

const URL_OF_CALLER = "http://coordinator.test/runner/runs";
const REFUSED = { status: 401, body: "" };

/** Declares what every provider of credentials must do: headers that are taken, renewed after a refusal, told to nobody. */
export function credentialsConformance<World extends CredentialsWorld>(subject: CredentialsSubject<World>): void {
  const within = (use: (bench: TestRunner, world: World) => Promise<void>) =>
    leavingNoHandle(async () => {
      await using world = await subject.open();
      await using bench = await startRunner([world.companions?.(), world.create()], { verifyHandles: false });
      await use(bench, world);
      for (const secret of world.secrets) expect(JSON.stringify([bench.log, bench.telemetry])).not.toContain(secret);
    });

  suite(`credentials ${subject.name}`, ({ point, pointOf }) => {
    point("gives headers that the far side takes, and tells nobody", () =>
      within(async ({ runner }, world) => {
        const headers = await runner.services.get(Credentials).headers(URL_OF_CALLER);
        expect(await world.takes(headers)).toBe(true);
      }),
    );

    point("gives many callers at once the same", () =>
      within(async ({ runner }) => {
        const credentials = runner.services.get(Credentials);
        const all = await Promise.all(Array.from({ length: 50 }, () => credentials.headers(URL_OF_CALLER)));
        expect(new Set(all.map((headers) => JSON.stringify(headers))).size).toBe(1);
      }),
    );

    pointOf("gives others after a refusal, once for all who were refused", subject.revoke, (revoke) =>
      within(async ({ runner }, world) => {
        const credentials = runner.services.get(Credentials);
        const sent = await credentials.headers(URL_OF_CALLER);
        await revoke(world);
        expect(await world.takes(sent)).toBe(false);
        const again = await Promise.all([1, 2, 3].map(() => credentials.rejected(URL_OF_CALLER, REFUSED, sent)));
        expect(again).toEqual([true, true, true]);
        const renewed = await credentials.headers(URL_OF_CALLER);
        expect(await world.takes(renewed)).toBe(true);
      }),
    );

    pointOf("asks no caller to try again for ever", subject.breakDown, (breakDown) =>
      within(async ({ runner }, world) => {
        const credentials = runner.services.get(Credentials);
        const sent = await credentials.headers(URL_OF_CALLER);
        await breakDown(world);
        const answers: boolean[] = [];
        for (let times = 0; times < 5; times++) answers.push(await credentials.rejected(URL_OF_CALLER, REFUSED, sent));
        expect(answers).toContain(false);
      }),
    );

    point("gives up for a caller that has left", () =>
      within(async ({ runner }) => {
        const left = runner.services.get(Credentials).headers(URL_OF_CALLER, AbortSignal.abort(new Error("left")));
        await Promise.race([left.catch(() => undefined), late()]);
      }),
    );
  });
}

function late(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  setTimeout(() => reject(new Error("it still waits")), 5_000).unref();
  return promise;
}
