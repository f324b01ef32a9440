import { z } from "leasehold";
import { describe, expect, it } from "vitest";
import { settleClaims } from "../../../core/src/config/claims.ts";
import { readFields } from "../../../core/src/config/option-field.ts";

describe("settleClaims", () => {
  it("leaves a flag and a variable to whoever claims it first", () => {
    const schema = z.object({ a: z.string().meta({ env: "SAME", flag: "-s, --same <x>" }) });
    const read = ["first", "second"].flatMap((owner) => readFields(owner, schema).fields);
    const { fields, faults } = settleClaims(read);
    expect(fields.map(({ env, flag }) => [env, flag?.long])).toEqual([
      ["SAME", "--same"],
      [undefined, undefined],
    ]);
    expect(faults.map(({ details }) => details["what"])).toEqual(["flag -s", "flag --same", "variable SAME"]);
  });
});
