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

  it("lets options share a variable when all of them agree", () => {
    const reading = (sharedEnv: boolean) => z.object({ a: z.string().meta({ env: "SAME", sharedEnv }) });
    const claims = (...agreeing: boolean[]) =>
      settleClaims(agreeing.flatMap((agrees, owner) => readFields(`plugin "${owner}"`, reading(agrees)).fields));
    const together = claims(true, true, true);
    expect(together.faults).toEqual([]);
    expect(together.fields.map(({ env }) => env)).toEqual(["SAME", "SAME", "SAME"]);
    expect(claims(true, false).faults).toHaveLength(1);
    expect(claims(false, true).fields.map(({ env }) => env)).toEqual(["SAME", undefined]);
  });
});
