import { unescaped } from "./escapes.ts";

/** Shorter ones would mask half of every text. */
export const SHORTEST_SECRET = 6;
/** Without its backslashes a secret may be shorter. */
const SHORTEST_FORM = 4;

/** Lines that many keys and certificates begin and end with. */
const FRAME = /^-----.*-----$/;

/**
 * Every text that gives a secret away, to be looked for in texts as they are and in texts read without escapes: itself,
 * its lines, and each of these in base64, wherever in the encoded bytes it begins. Never shorter than needed.
 */
export function formsOf(secret: string): string[] {
  const parts = [secret, ...linesOf(secret)].flatMap((part) => [...spellingsOf(part)]);
  const plain = parts.flatMap((part) => [asRead(part), unescaped(part), unescaped(withLettersForControls(part))]);
  const encoded = [secret, ...linesOf(secret)].flatMap((part) => encodingsOf(part).flatMap(base64Forms));
  return [...new Set([...plain, ...encoded])].filter((form) => form.length >= SHORTEST_FORM);
}

function linesOf(secret: string): string[] {
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
  return lines.filter((line) => line.length >= SHORTEST_SECRET && !FRAME.test(line));
}

/** As characters and as the bytes of UTF-8, of which streams and percents are made; spaces as forms write them. */
function spellingsOf(part: string): Set<string> {
  const spellings = [part, part.replaceAll(" ", "+")];
  return new Set(spellings.flatMap((one) => [one, Buffer.from(one).toString("latin1")]));
}

/** Whether there is more to look for than backslashes, of which a mask may leave half an escape. */
export function isLegible(text: string): boolean {
  return /[^\\]/.test(text);
}

/** A backslash at the end may be half of an escape: it is left to be seen, with all before it where enough is left without. */
function asRead(part: string): string {
  if (!isLegible(part)) return "";
  const shown = part.replace(/\\+$/, "");
  if (shown.length >= SHORTEST_FORM) return shown;
  return (part.length - shown.length) % 2 === 0 ? part : part.slice(0, -1);
}

/** As JSON writes them, less the backslash. */
function withLettersForControls(part: string): string {
  return part.replace(/[\n\r\t\f\b]/g, (control) => JSON.stringify(control).slice(2, -1));
}

/** What people put into base64: the secret, or what JSON or a form made of it (RFC 6749 §2.3.1). */
function encodingsOf(part: string): string[] {
  const form = new URLSearchParams({ "": part }).toString().slice(1);
  return [...new Set([part, JSON.stringify(part).slice(1, -1), percentEncoded(part), form])];
}

function percentEncoded(part: string): string {
  return encodeURIComponent(part.toWellFormed());
}

/** The characters of base64 that depend on this text alone, whether it stands first, second or third in its group of bytes. */
function base64Forms(part: string): string[] {
  const bytes = Buffer.from(part);
  const forms = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    const bits = (before + bytes.length) * 8;
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(bits / 6));
  });
  return forms.flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")]);
}
