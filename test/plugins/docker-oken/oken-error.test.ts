import { describe, expect, it } from "vitest";
import {
  agentNotFound,
  agentNotRunning,
  configError,
  OKEN_STATUS,
  OkenError,
} from "../../../plugins/docker-oken/src/oken-error.ts";

describe("an error of the runner", () => {
  it("carries message and code (T81)", () => {
    const error = new OkenError("CONTAINER_ERROR", "Failed to start container: gone");
    expect(error).toMatchObject({ code: "CONTAINER_ERROR", message: "Failed to start container: gone" });
    expect(`${error}`).toContain("Failed to start container: gone");
  });

  it("names the agent that is not found (T82)", () => {
    expect(agentNotFound("vat")).toMatchObject({ code: "AGENT_NOT_FOUND", status: 404 });
    expect(agentNotFound("vat").message).toBe("Agent vat not found");
  });

  it("names agent and status when it is not running (T83)", () => {
    expect(agentNotRunning("vat", "building")).toMatchObject({ code: "AGENT_NOT_RUNNING", status: 400 });
    expect(agentNotRunning("vat", "building").message).toMatch(/vat.*building/);
  });

  it("holds the log of a failed build (T84)", () => {
    const error = new OkenError("BUILD_FAILED", "Failed to build image", { buildLog: "Step 1/3" });
    expect(error).toMatchObject({ code: "BUILD_FAILED", status: 400, buildLog: "Step 1/3" });
  });

  it("has an empty build log without one (T85)", () => {
    expect(new OkenError("BUILD_FAILED", "Failed to build image").buildLog).toBe("");
  });

  it("is sent with 500 for a container (T86)", () => {
    expect(new OkenError("CONTAINER_ERROR", "no").status).toBe(500);
  });

  it("is sent with 400 for a configuration (T87)", () => {
    expect(configError("no")).toMatchObject({ code: "CONFIG_ERROR", status: 400 });
  });

  it.each([
    ["keeps the agent's status (T88)", 418, 418],
    ["is 500 without a status (T89)", undefined, 500],
    ["keeps 504 (T90)", 504, 504],
  ])("of a call %s", (_, given, sent) => {
    const error = new OkenError("INVOKE_FAILED", "Agent returned", given === undefined ? {} : { status: given });
    expect(error).toMatchObject({ code: "INVOKE_FAILED", status: sent, message: "Agent returned" });
  });

  it("is of one class for every code (T91, T92)", () => {
    for (const code of Object.keys(OKEN_STATUS) as (keyof typeof OKEN_STATUS)[]) {
      const thrown = new OkenError(code, code);
      expect(thrown).toBeInstanceOf(OkenError);
      expect(thrown).toBeInstanceOf(Error);
    }
  });
});
