import { definePlugin } from "leasehold";
import { expect, it } from "vitest";
import { boot } from "../fixtures/runner.ts";

it("carries a plugin's notes under the plugin's own name", async () => {
  let note: ((text: string) => void) | undefined;
  const teller = definePlugin({
    name: "teller",
    apiVersion: 1,
    setup: ({ telemetry, secrets }) => {
      secrets.register("sesame street", "PASSWORD");
      note = (text) => telemetry.note("woken", { agent: text });
    },
  });
  const { events } = await boot([teller()]);
  note?.("hello sesame street");
  expect(events).toContainEqual({
    type: "note",
    plugin: "teller",
    note: "woken",
    details: { agent: "hello ********" },
  });
});
