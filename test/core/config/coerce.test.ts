import fc from "fast-check";
import { z } from "leasehold";
import { describe, expect, it } from "vitest";
import { coerce } from "../../../core/src/config/coerce.ts";

describe("coerce", () => {
  it("reads every finite number that JavaScript prints", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(coerce(` ${number} `, z.number())).toEqual({ value: number + 0 });
      }),
    );
  });

  it.each(["", "12s", "0x10", "1e999", "Infinity", "NaN", "1,5"])("refuses %j as a number", (text) => {
    expect(coerce(text, z.int())).toEqual({ problem: "it is not a number" });
  });

  it.each(["true", "1", "YES", "On"])("reads %s as true", (text) => {
    expect(coerce(text, z.boolean())).toEqual({ value: true });
  });

  it.each(["false", "0", "No", "OFF"])("reads %s as false", (text) => {
    expect(coerce(text, z.boolean())).toEqual({ value: false });
  });

  it("refuses other words as booleans", () => {
    expect(coerce("maybe", z.boolean())).toHaveProperty("problem");
  });

  it("trims list items and drops empty ones", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{0,4}$/)), (items) => {
        const text = items.map((item) => ` ${item}\t`).join(",");
        expect(coerce(text, z.array(z.string()))).toEqual({ value: items.filter((item) => item !== "") });
      }),
    );
  });

  it("coerces the items of lists and names the wrong one", () => {
    expect(coerce("1,2", z.array(z.int()))).toEqual({ value: [1, 2] });
    expect(coerce("1,x", z.array(z.int()))).toEqual({ problem: "item 2: it is not a number" });
  });

  it("looks through defaults, optionality and pipes", () => {
    const schema = z.int().positive().optional().default(1).readonly().pipe(z.number());
    expect(coerce("7", schema)).toEqual({ value: 7 });
    expect(
      coerce(
        "7",
        z.preprocess((value) => value, z.int()),
      ),
    ).toEqual({ value: 7 });
  });

  it("takes the first member of a union that fits", () => {
    const schema = z.union([z.int(), z.boolean(), z.literal(["auto"])]);
    expect(["3", "true", "auto"].map((text) => coerce(text, schema))).toEqual([
      { value: 3 },
      { value: true },
      { value: "auto" },
    ]);
  });

  it("leaves texts and choices as they are", () => {
    expect(coerce(" a,b ", z.string())).toEqual({ value: " a,b " });
    expect(coerce("b", z.enum(["a", "b"]))).toEqual({ value: "b" });
  });
});
