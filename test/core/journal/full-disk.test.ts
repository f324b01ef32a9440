import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { emptyDirectory, opened } from "./entries.ts";

describe("a runner on a full disk", () => {
  it("leases nothing, finishes what runs, and resumes by itself", async () => {
    const directory = await emptyDirectory();
    const script = join(import.meta.dirname, "../../fixtures/full-disk-runner.ts");
    const words = ["--conditions", "leasehold-source", script, directory];
    const { stdout } = await promisify(execFile)(process.execPath, words);
    const { full, outcome, delivered, next, mended, told } = JSON.parse(stdout);
    expect(full).toMatchObject({ free: false, phase: "leasing", leasing: false });
    expect(full.problem).toContain("EFBIG");
    expect([outcome.status, delivered]).toEqual(["succeeded", ["started", "settled"]]);
    expect(next).toMatchObject({ status: "succeeded", result: { text: '{"run":"waiting"}' } });
    expect(mended).toMatchObject({ leasing: true });
    expect(told).toEqual([false, true]);
    expect([...(await opened(directory)).journal.state.closed.keys()]).toEqual(["queue running", "queue waiting"]);
  });
});
