import { Transform } from "node:stream";

/** Longer than the announcement. */
const END = 200;
const ANNOUNCEMENT = /\[oken\] ready\b.*$/;

/**
 * What remains of a line that comes in pieces: that there was one, and an announcement at its end. A secret that two pieces
 * share would be masked in neither, and so long a line is of no use among last words.
 */
export function leavesOut(): Transform {
  let end = "";
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      end = `${end}${piece.toString("utf8")}`.slice(-END);
      done();
    },
    flush(done) {
      done(null, `(a long line was left out)${ANNOUNCEMENT.exec(end)?.[0] ?? ""}`);
    },
  });
}
