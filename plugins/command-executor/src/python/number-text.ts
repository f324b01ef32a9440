const INTEGER = /^-?\d+$/;
/** Python writes floats below this many digits before the point without an exponent. */
const FIXED_DIGITS = 16;
const FIXED_LEADING_ZEROS = 4;

/** A JSON number token as Python prints it once parsed: integers keep every digit, anything else is a double. */
export function numberText(token: string): string {
  if (INTEGER.test(token)) return token === "-0" ? "0" : token;
  return floatText(Number(token));
}

/** The shortest text that reads back as the same double, in Python's layout. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [mantissa = "", exponent = ""] = Math.abs(value).toExponential().split("e");
  return sign + layOut(mantissa.replace(".", ""), Number(exponent));
}

/** `digits` are those of d.ddd, to be multiplied by 10 to the power of `exponent`. */
function layOut(digits: string, exponent: number): string {
  if (exponent < -FIXED_LEADING_ZEROS || exponent >= FIXED_DIGITS) return scientific(digits, exponent);
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${whole}.${digits.slice(exponent + 1) || "0"}`;
}

function scientific(digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  const power = String(Math.abs(exponent)).padStart(2, "0");
  return `${digits[0]}${fraction}e${exponent < 0 ? "-" : "+"}${power}`;
}
