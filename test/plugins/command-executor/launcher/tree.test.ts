import { afterEach, describe, expect, it, vi } from "vitest";
import { send } from "../../../../plugins/command-executor/src/launcher/tree.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("send", () => {
  it("counts a SIGTERM that was taken by one who was buried before it could be woken", () => {
    const kill = vi.spyOn(process, "kill").mockImplementation((_, signal) => {
      if (signal === "SIGCONT") throw Object.assign(new Error("kill ESRCH"), { code: "ESRCH" });
      return true;
    });
    expect(send(-4711, "SIGTERM")).toBe(true);
    expect(kill.mock.calls).toEqual([
      [-4711, "SIGTERM"],
      [-4711, "SIGCONT"],
    ]);
  });

  it("wakes nobody where nobody took the signal", () => {
    const kill = vi.spyOn(process, "kill").mockImplementation(() => {
      throw Object.assign(new Error("kill EPERM"), { code: "EPERM" });
    });
    expect(send(-4711, "SIGTERM")).toBe(false);
    expect(kill).toHaveBeenCalledOnce();
  });
});
