import fc from "fast-check";
import type { JsonObject } from "leasehold";
import { describe, expect, it } from "vitest";
import { parseAgentArguments } from "../../../../core/src/cli/agent/parse-arguments.ts";

const schema: JsonObject = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  required: ["message"],
  properties: {
    message: { type: "string" },
    count: { type: "integer", minimum: 0 },
    ratio: { type: ["number", "null"] },
    json: { type: "boolean" },
    tags: { type: "array", items: { type: "string" } },
    sizes: { type: "array", items: { type: "integer" } },
    filters: { type: "array", items: { type: "object" } },
    options: { type: "object", properties: { depth: { type: "integer" } } },
    level: { enum: ["low", "high"] },
    free: {},
  },
  additionalProperties: false,
};

describe("parseAgentArguments", () => {
  it("keeps every string as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(parametersOf([`--message=${text}`])).toEqual({ message: text });
        if (!text.startsWith("--")) expect(parametersOf(["--message", text])).toEqual({ message: text });
      }),
    );
  });

  it("keeps number text as typed", () => {
    const token = fc.stringMatching(/^-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,4})?(e[+-]?[0-9]{1,2})?$/);
    fc.assert(
      fc.property(token, (text) => {
        expect(parseAgentArguments(["--message", "m", "--ratio", text], schema)).toEqual({
          parametersText: `{"message":"m","ratio":${text}}`,
        });
      }),
    );
  });

  it("gives back every document of parameters that is written as words", () => {
    const parameters = fc.record(
      {
        message: fc.string(),
        count: fc.nat(),
        json: fc.boolean(),
        tags: fc.array(fc.stringMatching(/^[^,[]+$/)),
        sizes: fc.array(fc.integer()),
        options: fc.record({ depth: fc.integer() }, { requiredKeys: [] }),
      },
      { requiredKeys: ["message"] },
    );
    fc.assert(
      fc.property(parameters, (document) => {
        const words = Object.entries(document).map(([name, value]) => `--${name}=${toText(value)}`);
        expect(parametersOf(words)).toEqual(document);
      }),
    );
  });

  it("takes a boolean's bare flag and its written value", () => {
    expect(parametersOf(["--json", "--message", "m"])).toEqual({ json: true, message: "m" });
    expect(parametersOf(["--json=false", "--message", "m"])).toEqual({ json: false, message: "m" });
  });

  it("joins repeated and comma separated lists", () => {
    const words = ["--tags", "a,b", "--message", "m", "--tags=c d", "--tags", '["e,f"]', "--sizes", "1, 2"];
    expect(parametersOf(words)).toEqual({ message: "m", tags: ["a", "b", "c d", "e,f"], sizes: [1, 2] });
    expect(parametersOf(["--message", "m", "--tags="])).toEqual({ message: "m", tags: [] });
  });

  it("reads objects, lists of objects and free values as JSON", () => {
    const words = ["--message", "m", "--options", '{"depth": 2}', "--filters", '{"a":1,"b":2}', "--filters", '{"a":3}'];
    expect(parametersOf([...words, "--free", "[1]"])).toEqual({
      message: "m",
      options: { depth: 2 },
      filters: [{ a: 1, b: 2 }, { a: 3 }],
      free: [1],
    });
    expect(parametersOf(["--message", "m", "--free", "not json"])).toEqual({ message: "m", free: "not json" });
  });

  it("reads null where the schema allows it", () => {
    expect(parametersOf(["--message", "null", "--ratio", "null"])).toEqual({ message: "null", ratio: null });
  });

  it("keeps the order in which parameters were first given", () => {
    expect(
      parseAgentArguments(["--10", "a", "--2", "b", "--10=c"], { additionalProperties: { type: "array" } }),
    ).toEqual({
      parametersText: '{"10":["a","c"],"2":["b"]}',
    });
  });

  it("reports everything that is wrong at once", () => {
    const words = [
      "stray",
      "--mesage",
      "x",
      "--count",
      "many",
      "--json",
      "false",
      "--options",
      "[]",
      "--level",
      "mid",
      "--tags",
    ];
    expect(problemsOf(words)).toEqual([
      '"stray" belongs to no parameter; write --name value',
      '"false" belongs to no parameter; write --json=false if it belongs to --json',
      "--tags has no value; a value that begins with -- is written --tags=…",
      'there is no parameter --mesage (did you mean "--message"?)',
      '--count: "many" is not an integer',
      '--options: "[]" is not the JSON of an object',
      "--message is required",
      "--level must be one of low, high",
    ]);
  });

  it("checks values against the schema", () => {
    expect(problemsOf(["--message", "m", "--count", "1.5"])).toEqual(["--count must be integer"]);
    expect(problemsOf(["--message", "m", "--count=-1"])).toEqual(["--count must be >= 0"]);
    expect(problemsOf(["--message", "m", "--options", '{"depth":"x"}'])).toEqual([
      "--options at depth must be integer",
    ]);
    expect(problemsOf(["--message", "m", "--sizes", "1,x"])).toEqual(['--sizes: "x" is not an integer']);
  });

  it("refuses a single parameter given twice", () => {
    expect(problemsOf(["--message", "a", "--message", "b"])).toEqual(["--message: it is given 2 times"]);
  });

  it.each(["05", "+1", ".5", "1.", "0x1", "Infinity", ""])("refuses %j as a number", (text) => {
    expect(problemsOf(["--message", "m", `--ratio=${text}`])).toHaveLength(1);
  });

  it("takes unnamed parameters where nothing is named or others are allowed", () => {
    expect(parametersOf(["--any", "1", "--flag"], {})).toEqual({ any: 1, flag: true });
    const open = { properties: { a: { type: "string" } }, additionalProperties: { type: "integer" } };
    expect(parametersOf(["--a", "1", "--b", "2"], open)).toEqual({ a: "1", b: 2 });
    expect(problemsOf(["--b", "2"], { properties: { a: {} } })).toEqual([
      'there is no parameter --b (did you mean "--a"?)',
    ]);
    expect(
      parametersOf(["--x-b", "2"], { properties: { a: {} }, patternProperties: { "^x-": { type: "string" } } }),
    ).toEqual({ "x-b": "2" });
  });

  it("is not confused by names that objects inherit", () => {
    expect(problemsOf(["--message", "m", "--constructor", "x"])).toEqual(["there is no parameter --constructor"]);
    expect(problemsOf(["--message", "m", "--__proto__", "x"])).toEqual(["there is no parameter --__proto__"]);
  });

  it("names a schema that cannot be used", () => {
    expect(problemsOf(["--a", "1"], { type: "strange" })).toEqual([
      expect.stringContaining("its parameters schema cannot be used"),
    ]);
  });
});

function parametersOf(words: readonly string[], of: JsonObject = schema): unknown {
  const parsed = parseAgentArguments(words, of);
  if ("problems" in parsed) throw new Error(parsed.problems.join("\n"));
  return JSON.parse(parsed.parametersText);
}

function problemsOf(words: readonly string[], of: JsonObject = schema): readonly string[] {
  const parsed = parseAgentArguments(words, of);
  return "problems" in parsed ? parsed.problems : [];
}

function toText(value: unknown): string {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.join(",") : JSON.stringify(value);
}
