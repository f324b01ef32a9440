import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exampleParameters } from "../../../../plugins/embedded-coordinator/src/dev/example-parameters.ts";
import { asFlags, quoted } from "../../../../plugins/embedded-coordinator/src/dev/shell-words.ts";

describe("quoted", () => {
  it("is read back by a shell as it was", () => {
    const word = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));
    const words = fc.sample(fc.array(word, { maxLength: 5 }), 20);
    for (const given of words) {
      const script = `printf '%s\\0' ${given.map(quoted).join(" ")}`;
      const read = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
      expect(read).toEqual(given.length > 0 ? given : [""]);
    }
  });
});

describe("asFlags", () => {
  it("writes text as it is and the rest as JSON", () => {
    expect(asFlags({ text: "a b", list: [1], on: true, off: false, minus: -1 })).toEqual([
      "--text",
      "'a b'",
      "--list",
      "'[1]'",
      "--on",
      "--off",
      "false",
      "--minus=-1",
    ]);
  });
});

describe("exampleParameters", () => {
  it("gives what a schema requires, by its types and what it offers", () => {
    const properties = {
      text: { type: "string" },
      choice: { enum: ["x", "y"] },
      fixed: { const: 7 },
      fallback: { type: "integer", default: 3 },
      least: { type: "integer", minimum: 5 },
      number: { type: ["null", "number"] },
      flag: { type: "boolean" },
      list: { type: "array" },
      inner: { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
      optional: { type: "string" },
    };
    const required = [...Object.keys(properties).filter((name) => name !== "optional"), "unknown"];
    expect(exampleParameters({ properties, required })).toEqual({
      text: "hello",
      choice: "x",
      fixed: 7,
      fallback: 3,
      least: 5,
      number: 1,
      flag: true,
      list: [],
      inner: { a: "hello" },
      unknown: "hello",
    });
  });

  it.each([{}, { required: "all" }, { properties: [], required: [1] }])("gives nothing for %j", (schema) => {
    expect(exampleParameters(schema)).toEqual({});
  });
});
