import { describe, expect, it } from "vitest";
import { containerEnvironment } from "../../../../plugins/docker-oken/src/containers/container-environment.ts";

describe("containerEnvironment", () => {
  it("hands secrets on as they are", () => {
    expect(containerEnvironment({ A: "1", B_2: "x=y\nz" })).toEqual({ environment: ["A=1", "B_2=x=y\nz"], left: [] });
  });

  it.each([
    "PORT",
    "PATH",
    "HOME",
    "PYTHONPATH",
    "OKEN_ENTRYPOINT",
    "OKEN_ENTRY_TYPE",
    "OKEN_ANYTHING",
    "A=B",
    "1A",
    "",
    "A\nB",
  ])("leaves %j out (OKEN-D35)", (name) => {
    expect(containerEnvironment({ [name]: "x" })).toEqual({ environment: [], left: [name] });
  });

  it("leaves out what no environment can hold", () => {
    expect(containerEnvironment({ A: "x\0y" }).left).toEqual(["A"]);
  });
});
