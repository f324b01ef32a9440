import { ValidationFault, type ValidationItem } from "./faults.ts";

const DEFAULT_TAIL = 100;
const MOST_TAIL = 10_000;
const TRUE = /^(true|1|yes|on|t|y)$/i;
const FALSE = /^(false|0|no|off|f|n)$/i;

type Query = Readonly<Record<string, string | readonly string[] | undefined>>;
type Fault = readonly [line: string, item: ValidationItem];

/** `tail` and `follow` of a request for logs (spec §1.7). Throws a `ValidationFault` that names all that is wrong. */
export function readLogQuery(query: Query): { readonly tail: number; readonly follow: boolean } {
  const [tail, follow] = [last(query["tail"]), last(query["follow"])];
  const faults = [tailFault(tail), followFault(follow)].filter((fault) => fault !== undefined);
  if (faults.length > 0)
    throw new ValidationFault(
      faults.map(([line]) => line).join("; "),
      faults.map(([, item]) => item),
    );
  return { tail: tail === undefined ? DEFAULT_TAIL : Number(tail), follow: follow !== undefined && TRUE.test(follow) };
}

/** Of a repeated parameter the last one counts. */
function last(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" || value === undefined ? value : value.at(-1);
}

function tailFault(text: string | undefined): Fault | undefined {
  const bounds = `must be 1 to ${MOST_TAIL}`;
  if (text === undefined) return undefined;
  if (!/^\s*[+-]?\d+\s*$/.test(text))
    return fault("tail", `${bounds}, and is no number`, "int_parsing", "Input should be a valid integer", text);
  if (Number(text) < 1)
    return fault("tail", bounds, "greater_than_equal", "Input should be greater than or equal to 1", text, { ge: 1 });
  if (Number(text) > MOST_TAIL)
    return fault("tail", bounds, "less_than_equal", `Input should be less than or equal to ${MOST_TAIL}`, text, {
      le: MOST_TAIL,
    });
  return undefined;
}

function followFault(text: string | undefined): Fault | undefined {
  if (text === undefined || TRUE.test(text) || FALSE.test(text)) return undefined;
  return fault("follow", "must be true or false", "bool_parsing", "Input should be a valid boolean", text);
}

function fault(
  name: string,
  problem: string,
  type: string,
  msg: string,
  input: string,
  ctx?: Record<string, unknown>,
): Fault {
  return [`${name}: ${problem}`, { type, loc: ["query", name], msg, input, ...(ctx ? { ctx } : {}) }];
}
