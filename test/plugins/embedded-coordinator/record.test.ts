import { describe, expect, test } from "vitest";
import { RecordBook } from "../../../plugins/embedded-coordinator/src/record.ts";
import { claimedRun, ECHO_ID, ECHO_RUNNER, POLL, started } from "./client.ts";

const entry = { at: 0, method: "GET", query: {}, body: undefined, status: 200 };

describe("a record book", () => {
  test("keeps the last entries only", () => {
    const book = new RecordBook(2);
    for (const path of ["/a", "/b", "/c"]) book.add({ ...entry, path });
    expect(book.entries.map(({ path }) => path)).toEqual(["/b", "/c"]);
  });

  test("answers for an entry that is there and for one to come", async () => {
    const book = new RecordBook(2);
    book.add({ ...entry, path: "/a" });
    expect((await book.waitFor(({ path }) => path === "/a")).path).toBe("/a");
    const later = book.waitFor(({ path }) => path === "/b");
    book.add({ ...entry, path: "/b" });
    expect((await later).path).toBe("/b");
  });

  test("stops waiting when its caller does", async () => {
    const book = new RecordBook(2);
    const caller = new AbortController();
    const waiting = book.waitFor(() => true, caller.signal);
    caller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(book.waitFor(() => true, caller.signal)).rejects.toThrow("enough");
  });
});

describe("a coordinator's record", () => {
  test("tells in order what was asked, delivered and reported", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const { run_id } = await claimedRun(coordinator);
    const reporter = { runner_id: ECHO_ID };
    await coordinator.post(`/runner/runs/${run_id}/started`, reporter);
    await coordinator.post(`/runner/runs/${run_id}/completed`, reporter);
    await coordinator.get("/health");
    await coordinator.get("/runners?api_key=secret&x=1");
    const told = coordinator.record.map(({ method, path, status }) => `${method} ${path} ${status}`);
    expect(told).toEqual([
      "POST /runner/register 200",
      "POST /runs 201",
      "GET /runner/runs 200",
      `POST /runner/runs/${run_id}/started 200`,
      `POST /runner/runs/${run_id}/completed 200`,
      "GET /runners 200",
    ]);
    expect(coordinator.record[2]).toMatchObject({ query: { runner_id: ECHO_ID }, delivered: { run: run_id } });
    expect(coordinator.record[4]).toMatchObject({ body: reporter, verdict: "accepted" });
    expect(coordinator.record[5]?.query).toEqual({ x: "1" });
  });

  test("tells what an open poll brought", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const open = coordinator.get(POLL);
    const delivered = coordinator.recorded((entry) => entry.delivered !== undefined);
    await coordinator.remove(`/runners/${ECHO_ID}`);
    expect((await delivered).delivered).toEqual({ deregistered: true });
    await open;
  });
});
