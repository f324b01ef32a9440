import { defineConfig } from "vitest/config";

export default defineConfig({
  oxc: { decorator: { legacy: true } },
  ssr: { resolve: { conditions: ["leasehold-source"] } },
  test: {
    include: ["test/**/*.test.ts", "examples/*/test/**/*.test.ts"],
    fsModuleCache: false,
    globalSetup: ["test/plugins/docker-oken/engine-setup.ts"],
    // Most tests wait for processes and containers: one worker, the default on two processors, would wait with them.
    maxWorkers: 2,
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // A busy machine may be slow, and what never comes ends at the limit of the test.
    expect: { poll: { timeout: 20_000 } },
    reporters: ["default", "./test/closing-line.ts"],
  },
});
