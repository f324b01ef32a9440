import { expect, it } from "vitest";
import { canStore } from "../../../plugins/coordinator/src/can-store.ts";
import { ScriptedCoordinator } from "./scripted-coordinator.ts";
import { clientOf } from "./submit/submission.ts";

const NEVER = new AbortController().signal;

it("asks by what changes nothing", async () => {
  await using coordinator = await ScriptedCoordinator.start();
  expect(await canStore(clientOf(coordinator.url), "ses/1", "build-07", NEVER)).toBe(true);
  expect(coordinator.requests.map(({ route, body }) => [route, body])).toEqual([
    ["PATCH /sessions/ses%2F1/metadata", '{"hostname":"build-07"}'],
  ]);
});

it.each([
  ["cannot store while the coordinator fails", { status: 500 }, false],
  ["cannot store while nobody answers", { drop: true }, false],
  ["says nothing against storing when the session is unknown", { status: 404 }, true],
])("%s", async (_, answer, expected) => {
  await using coordinator = await ScriptedCoordinator.start();
  coordinator.always("PATCH /sessions/ses_1/metadata", answer);
  expect(await canStore(clientOf(coordinator.url), "ses_1", "build-07", NEVER)).toBe(expected);
});
