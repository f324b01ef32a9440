import { expect, it } from "vitest";
import { fetchResult, readResult } from "../../../../plugins/coordinator/src/submit/result.ts";
import { ScriptedCoordinator } from "../scripted-coordinator.ts";
import { clientOf } from "./submission.ts";

const DEEP = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;

it("reads results however deep they are nested", () => {
  expect(readResult(`{"result_data":${DEEP}}`)?.text).toBe(DEEP);
});

it("finds no result in events nested too deep to be written again", async () => {
  await using coordinator = await ScriptedCoordinator.start();
  coordinator.always("GET /sessions/ses_x/events", {
    text: `{"events":[{"event_type":"result","result_data":${DEEP}}]}`,
  });
  const result = await fetchResult(clientOf(coordinator.url), "ses_x", "failed", { resultText: undefined });
  expect(result).toBeUndefined();
});
