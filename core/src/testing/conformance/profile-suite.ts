import { access, constants, stat } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import type { Plugin } from "../../plugin/plugin.ts";
import { startRunner } from "../runner/start-runner.ts";
import { suite } from "./suite.ts";

export interface ProfileSubject {
  create(): Plugin;
}

/** Declares what every profile must do: be data, lie where it says, offer agents that are there. */
export function profileConformance({ create }: ProfileSubject): void {
  suite(`profile ${create().definition.name}`, ({ point }) => {
    point("is what the runner offers", async () => {
      await using bench = await startRunner([create()]);
      const { activeProfile } = bench.runner;
      expect(activeProfile?.executor.type).toMatch(/./);
      expect((await stat(activeProfile?.directory ?? "")).isDirectory()).toBe(true);
    });

    point("is data, not code", async () => {
      await using bench = await startRunner([create()]);
      const { activeProfile } = bench.runner;
      expect(JSON.parse(JSON.stringify(activeProfile))).toEqual(activeProfile);
      const [{ taps, provides, sources } = { taps: [], provides: [], sources: [] }] = bench.runner.plugins.filter(
        ({ profiles }) => profiles.length > 0,
      );
      expect([taps, provides, sources]).toEqual([[], [], []]);
    });

    point("offers agents with programs that can be executed", async () => {
      await using bench = await startRunner([create()]);
      const { agents = [], directory = "/" } = bench.runner.activeProfile ?? {};
      expect(agents.length).toBeGreaterThan(0);
      for (const { command } of agents)
        if (command?.includes("/")) await access(path.resolve(directory, firstWord(command)), constants.X_OK);
    });
  });
}

function firstWord(command: string): string {
  return command.split(/\s/, 1)[0]?.replace(/["']/g, "") ?? "";
}
