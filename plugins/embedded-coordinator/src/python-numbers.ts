/**
 * A JSON number token as Python's json module prints it after reading it: integers keep every digit, everything
 * else is a double with the shortest digits that name it, in Python's exponent style.
 */
export function pythonNumber(token: string): string {
  if (!/[.eE]/.test(token)) return token === "-0" ? "0" : token;
  const value = Number(token);
  // Python would write Infinity, which is no JSON: nobody could read the document any more.
  if (!Number.isFinite(value)) return token;
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const sign = value < 0 ? "-" : "";
  const [digits = "", exponentText = ""] = Math.abs(value).toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) return `${sign}${digits}e${exponent < 0 ? "-" : "+"}${twoDigits(exponent)}`;
  // Between those bounds JavaScript writes no exponent either, but drops the fraction of a whole number.
  const plain = exponent < 0 ? plainFraction(digits, exponent) : String(Math.abs(value));
  return `${sign}${plain.includes(".") ? plain : `${plain}.0`}`;
}

function plainFraction(digits: string, exponent: number): string {
  return `0.${"0".repeat(-exponent - 1)}${digits.replace(".", "")}`;
}

function twoDigits(exponent: number): string {
  return String(Math.abs(exponent)).padStart(2, "0");
}
