import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CALL, CANCEL, FrameReader, frame } from "../../../../plugins/docker-oken/src/invoke/frames.ts";

interface Seen {
  number: number;
  code: number;
  content: string;
  ended: boolean;
}

function reader() {
  const seen: Seen[] = [];
  const last = (number: number): Seen => {
    const one = seen.at(-1);
    if (one?.number !== number || one.ended) throw new Error(`frame ${number} is not open`);
    return one;
  };
  const frames = new FrameReader({
    begin: (number, code) => seen.push({ number, code, content: "", ended: false }),
    data: (number, part) => {
      expect(part.length).toBeGreaterThan(0);
      last(number).content += part.toString("latin1");
    },
    end: (number) => {
      last(number).ended = true;
    },
  });
  return { frames, seen };
}

const anyFrame = fc.record({
  number: fc.nat(2 ** 32 - 1),
  verb: fc.constantFrom(CALL, CANCEL),
  content: fc.string({ unit: "binary", maxLength: 40 }),
});

describe("frames", () => {
  it("come out as they went in, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(anyFrame), fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (given, cuts) => {
        const bytes = Buffer.concat(given.map(({ number, verb, content }) => frame(number, verb, content)));
        const { frames, seen } = reader();
        for (let at = 0, cut = 0; at < bytes.length; cut++) {
          const size = cuts[cut % cuts.length] as number;
          frames.take(bytes.subarray(at, at + size));
          at += size;
        }
        const expected = given.map(({ number, verb, content }) => ({
          ...{ number, code: verb as number, ended: true },
          content: Buffer.from(content).toString("latin1"),
        }));
        expect(seen).toEqual(expected);
      }),
    );
  });

  it("pass a content on before it is whole", () => {
    const { frames, seen } = reader();
    frames.take(frame(7, CALL, "abcdef").subarray(0, 13));
    expect(seen).toEqual([{ number: 7, code: CALL, content: "abc", ended: false }]);
  });
});
