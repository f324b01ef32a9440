import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * So much work that the few requests of an idle runner do not come to it, and those of a busy one soon do; V8 begins with 13
 * million. The parser of HTTP is one huge function: optimising it takes memory (10 MB) that stays with the process.
 */
const TIER_UP_BUDGET = 1_000_000_000;

/**
 * To be called before anything is loaded. Loading runs everything once and keeps most of it. V8 takes that for the beginning of hard
 * work: it lets the young generation grow to a size that an idle runner does not need again and that is not given back (12 MB), and it
 * brings its compilers into memory (11 MB) for code that has had its time when they are done.
 */
export function beginLoading(): void {
  setFlagsFromString(`--wasm-tiering-budget=${TIER_UP_BUDGET}`);
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--no-opt");
  setFlagsFromString("--no-maglev");
  setFlagsFromString("--no-sparkplug");
}

/** After the first requests, which leave garbage as well. */
const COLLECT_AFTER_MS = 500;

/**
 * From here on V8 goes by its own rules, with the values that it begins with. What loading has left behind is collected once,
 * a little later: a process that has nothing to do never comes to it by itself (4 MB; it takes some 20 ms).
 */
export function endLoading(): void {
  setFlagsFromString("--semi-space-growth-factor=2");
  setFlagsFromString("--opt");
  setFlagsFromString("--maglev");
  setFlagsFromString("--sparkplug");
  setTimeout(collect, COLLECT_AFTER_MS).unref();
}

/** Node hands V8's collector to nobody; a context that is made after this flag has it. */
function collect(): void {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as NodeJS.GCFunction;
  setFlagsFromString("--no-expose-gc");
  gc({ type: "major", execution: "sync", flavor: "last-resort" });
}
