import type { Reply } from "./exchange.ts";

/** Longer ones would fill the logs that they end up in. */
const LONGEST_DETAIL = 2_000;
const MOST_FAULTS = 20;

/** What an answer's `detail` says, as text: it is a string, an object or an array of faults (protocol §2.1). Cut where it is huge. */
export function detailOf(reply: Reply): string {
  const text = detailText(reply);
  return text.length > LONGEST_DETAIL ? `${text.slice(0, LONGEST_DETAIL).toWellFormed()}…` : text;
}

function detailText(reply: Reply): string {
  const detail = memberOf(parse(reply.body), "detail");
  if (typeof detail === "string") return detail;
  if (Array.isArray(detail)) return detail.slice(0, MOST_FAULTS).map(faultText).join("; ");
  const message = memberOf(detail, "message");
  if (typeof message === "string") return message;
  return detail === undefined ? reply.body.trim().slice(0, 200) : jsonText(detail);
}

/** The machine-readable members of `detail`, where it is an object. */
export function detailMember(reply: Reply, key: string): unknown {
  return memberOf(memberOf(parse(reply.body), "detail"), key);
}

/** The registry has forgotten us; the same status says so of credentials. */
export function isNotRegistered(reply: Reply): boolean {
  return reply.status === 401 && /not registered/i.test(detailOf(reply));
}

/** Missing, malformed, expired or refused credentials (protocol §2.2). */
export function refusesCredentials(reply: Reply): boolean {
  return reply.status === 403 || (reply.status === 401 && !isNotRegistered(reply));
}

/** The coordinator knows no such run or session. The 404 of an unknown path, or of a proxy in between, is no such word. */
export function isUnknownThere(reply: Reply): boolean {
  const detail = memberOf(parse(reply.body), "detail");
  return reply.status === 404 && typeof detail === "string" && /not found/i.test(detail) && detail !== "Not Found";
}

export function isSuccess(reply: Reply): boolean {
  return reply.status >= 200 && reply.status < 300;
}

/** The coordinator's own word that it did what was asked (protocol §2.3, §2.4); whatever stands between may answer 200, too. */
export function isAcknowledged(reply: Reply): boolean {
  return isSuccess(reply) && memberOf(parse(reply.body), "ok") === true;
}

/** The same request may be answered otherwise later. */
export function isPassing({ status }: Reply): boolean {
  return status < 400 || status >= 500 || [404, 405, 408, 425, 429].includes(status);
}

/** `503: text of the detail`, for people. */
export function describeReply(reply: Reply): string {
  const detail = detailOf(reply);
  return detail === "" ? String(reply.status) : `${reply.status}: ${detail}`;
}

function faultText(fault: unknown): string {
  const location = memberOf(fault, "loc");
  const message = memberOf(fault, "msg");
  const steps = Array.isArray(location) ? location.filter((step) => typeof step !== "object") : [];
  return typeof message === "string" ? [steps.join("."), message].filter(Boolean).join(": ") : jsonText(fault);
}

/** What is parsed can be nested too deep to be written again. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "a detail nested too deep to be shown";
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
