import { describe, expect, it } from "vitest";
import {
  describeReply,
  detailMember,
  detailOf,
  isNotRegistered,
  isPassing,
  isUnknownThere,
  refusesCredentials,
} from "../../../plugins/coordinator/src/judgement.ts";

const reply = (status: number, detail: unknown) => ({ status, body: JSON.stringify({ detail }) });

describe("the coordinator's errors", () => {
  it("are read from strings, objects and arrays", () => {
    expect(detailOf(reply(404, "Run not found"))).toBe("Run not found");
    expect(detailOf(reply(409, { error: "duplicate_runner", message: "taken" }))).toBe("taken");
    expect(detailOf(reply(422, [{ type: "missing", loc: ["body", "error"], msg: "Field required" }]))).toBe(
      "body.error: Field required",
    );
    expect(detailMember(reply(409, { error: "duplicate_runner" }), "error")).toBe("duplicate_runner");
  });

  it("are read from bodies that are no JSON", () => {
    expect(describeReply({ status: 500, body: "Internal Server Error" })).toBe("500: Internal Server Error");
    expect(describeReply({ status: 502, body: "" })).toBe("502");
    expect(detailOf({ status: 400, body: "null" })).toBe("null");
    expect(detailOf(reply(400, [null, 3]))).toBe("null; 3");
  });

  it("are cut where they are huge, and never too deep", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    for (const detail of [`{"a":${deep}}`, deep, `[{"loc":${deep},"msg":"m"}]`])
      expect(detailOf({ status: 500, body: `{"detail":${detail}}` }).length).toBeLessThan(100);
    expect(detailOf(reply(500, "😀".repeat(1_000_000)))).toHaveLength(2_001);
    expect(detailOf(reply(422, Array(1_000_000).fill({ msg: "m" })))).toHaveLength(58);
  });

  it("tell a forgotten runner from refused credentials", () => {
    const forgotten = reply(401, "Runner not registered");
    expect([isNotRegistered(forgotten), refusesCredentials(forgotten)]).toEqual([true, false]);
    for (const refused of [reply(401, "Missing credentials. Use …"), reply(403, "Invalid or expired token")])
      expect([isNotRegistered(refused), refusesCredentials(refused)]).toEqual([false, true]);
  });

  it("tell an unknown run from an unknown path", () => {
    expect(isUnknownThere(reply(404, "Run not found"))).toBe(true);
    expect(isUnknownThere(reply(404, "Session not found"))).toBe(true);
    expect(isUnknownThere(reply(404, "Not Found"))).toBe(false);
    expect(isUnknownThere({ status: 404, body: "<h1>not found</h1>" })).toBe(false);
  });

  it("pass where another attempt may end otherwise", () => {
    for (const status of [301, 404, 408, 425, 429, 500, 503]) expect(isPassing({ status, body: "" })).toBe(true);
    for (const status of [400, 409, 413, 422]) expect(isPassing({ status, body: "" })).toBe(false);
  });
});
