import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkAgentId, containerNameOf, contentTagOf, imageTagOf } from "../../../plugins/docker-oken/src/agent-id.ts";
import { OkenError } from "../../../plugins/docker-oken/src/oken-error.ts";

const ALPHABET = "ABCXYZabcxyz0189-_";
const id = fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 1, maxLength: 128 });
const LEGAL_TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

describe("an agent id", () => {
  it.each([
    ["letters and digits (T153)", "agent42"],
    ["hyphens (T154)", "my-agent"],
    ["underscores (T155)", "my_agent"],
    ["a mixture with capitals (T156)", "My-Agent_7"],
    ["128 characters (T157)", "a".repeat(128)],
    ["a leading hyphen (OKEN-D9)", "-agent"],
  ])("may consist of %s", (_, text) => {
    expect(checkAgentId(text)).toBe(text);
  });

  it.each([
    ["empty (T158)", "", "cannot be empty"],
    ["129 characters long (T141, T159)", "a".repeat(129), "too long"],
    ["a traversal (T140, T160)", "../up", "alphanumeric"],
    ["with a slash (T161)", "a/b", "alphanumeric"],
    ["with a backslash (T162)", "a\\b", "alphanumeric"],
    ["with a space (T164)", "a b", "alphanumeric"],
    ["with an inner newline (T165)", "a\nb", "alphanumeric"],
    ["with a trailing newline", "abc\n", "alphanumeric"],
    ["with a letter beyond ASCII", "agént", "alphanumeric"],
  ])("is refused when %s", (_, text, fragment) => {
    expect(() => checkAgentId(text)).toThrow(fragment);
    expect(() => checkAgentId(text)).toThrow(expect.objectContaining({ code: "CONFIG_ERROR", status: 400 }));
  });

  it.each([..."!@#$%^&*()+={}[]|"])("is refused with %s in it (T163)", (character) => {
    expect(() => checkAgentId(`a${character}b`)).toThrow("alphanumeric");
  });

  it("is taken exactly when its characters allow", () => {
    fc.assert(
      fc.property(fc.oneof(id, fc.string({ maxLength: 140 })), (text) => {
        const legal = text.length > 0 && text.length <= 128 && [...text].every((one) => /[A-Za-z0-9_-]/.test(one));
        if (legal) expect(checkAgentId(text)).toBe(text);
        else expect(() => checkAgentId(text)).toThrow(OkenError);
      }),
    );
  });
});

describe("names made of an agent id", () => {
  it("are the reference's for containers and images", () => {
    expect(containerNameOf("vat-quote")).toBe("oken-vat-quote");
    expect(imageTagOf("vat-quote")).toBe("oken-agent:vat-quote");
  });

  it("are legal image tags for every id (OKEN-D9)", () => {
    fc.assert(
      fc.property(id, (text) => {
        expect(imageTagOf(text).slice("oken-agent:".length)).toMatch(LEGAL_TAG);
      }),
    );
  });

  it("never meet for two ids", () => {
    fc.assert(
      fc.property(id, id, (one, other) => {
        fc.pre(one !== other);
        expect(imageTagOf(one)).not.toBe(imageTagOf(other));
        expect(imageTagOf(one)).not.toBe(contentTagOf(other));
      }),
    );
  });
});
