import { JsonNumber, type JsonTree, parseJsonTree } from "leasehold";

/** Only these can overflow a double (or Python's limit of digits); looking for them spares the others a second parse. */
const MAY_OVERFLOW = /[eE]\+?\d{3}|\d{309}/;
/** Python refuses to read longer integers. */
const INTEGER_DIGITS = 4300;

/** Whether text is one JSON document whose every number is finite (protocol §4.6). */
export function isJsonDocument(text: string): boolean {
  try {
    JSON.parse(text);
    return !MAY_OVERFLOW.test(text) || hasFiniteNumbers(parseJsonTree(text));
  } catch {
    return false;
  }
}

function hasFiniteNumbers(value: JsonTree): boolean {
  if (value instanceof JsonNumber) return isFiniteNumber(value.text);
  if (value instanceof Map) return [...value.values()].every(hasFiniteNumbers);
  return Array.isArray(value) ? value.every(hasFiniteNumbers) : true;
}

function isFiniteNumber(token: string): boolean {
  return /[.eE]/.test(token) ? Number.isFinite(Number(token)) : token.length <= INTEGER_DIGITS;
}
