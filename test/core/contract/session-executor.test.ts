import { describe, expect, it } from "vitest";
import { sessionExecutor } from "../../fixtures/contract/session-executor.ts";
import { lease } from "../../fixtures/leasing.ts";
import { QueueSource } from "../../fixtures/queue-source.ts";
import { leased } from "../../fixtures/runner.ts";

/** A source with turns of one conversation. */
async function conversation() {
  const source = new QueueSource();
  const leasing = await lease([source], [sessionExecutor()]);
  const turn = async (id: string, mode: "start" | "resume", parametersText = "{}") => {
    const run = leased(id, { agent: { name: "talker" }, session: { id: "s", mode }, parametersText });
    const { status, result, error, session } = await (await source.offer(run)).outcome;
    return [status, result?.text ?? error?.message, session];
  };
  return { ...leasing, source, turn };
}

describe("an executor with a worker per session", () => {
  it("remembers earlier turns and ends the worker with the last", async () => {
    const { turn, events } = await conversation();
    expect(await turn("one", "start")).toEqual(["succeeded", "1", "idle"]);
    expect(await turn("two", "resume")).toEqual(["succeeded", "2", "idle"]);
    expect(await turn("three", "resume", '{"last":true}')).toEqual(["succeeded", "3", "finished"]);
    expect(events.filter(({ type }) => type === "resource").map((event) => "act" in event && event.act)).toEqual([
      "owned",
      "ended",
    ]);
    expect(await turn("four", "resume")).toEqual(["failed", "session s is not here any more", "finished"]);
  });

  it("ends the worker with a stop of the session", async () => {
    const { turn, source } = await conversation();
    await turn("one", "start");
    expect(await (await source.feed).stop({ session: "s" })).toBe("ended");
    expect((await turn("two", "resume"))[0]).toBe("failed");
  });

  it("ends the worker when the runner closes", async () => {
    const { turn, runner, event } = await conversation();
    await turn("one", "start");
    await runner.close();
    expect(await event("resource", ({ act }) => act === "ended")).toMatchObject({ receipt: { survivors: 0 } });
  });
});
