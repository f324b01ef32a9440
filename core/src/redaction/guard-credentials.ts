import type { Credentials } from "../credentials.ts";
import type { Logger } from "../log/logger.ts";
import { isLoopback } from "./loopback.ts";
import type { SecretStore } from "./secret-store.ts";

/** Values that may still be under way, or in an answer, when the next ones are in use. */
const MOST_VALUES = 16;
/** What authenticates, by its name. */
const SECRET_HEADER = /auth|token|secret|key|cookie|password|credential|signature|session|assertion|jwt|dpop/i;
/** Shorter values of other headers are versions, tenants and the like. */
const LONG_VALUE = 16;

/** Credentials whose every header is masked from the moment they are handed out; says so when they go over plain http. */
export function guardCredentials(credentials: Credentials, secrets: SecretStore, log: Logger): Credentials {
  const known = new Map<string, () => void>();
  const warned = new Set<string>();
  const note = (value: string, name: string): void => {
    const forget = known.get(value) ?? secrets.runner.register(value, name);
    known.delete(value);
    known.set(value, forget);
    const [oldest] = known;
    if (known.size <= MOST_VALUES || !oldest) return;
    oldest[1]();
    known.delete(oldest[0]);
  };
  return {
    async headers(url, signal) {
      const headers = await credentials.headers(url, signal);
      for (const [name, value] of Object.entries(headers)) {
        if (SECRET_HEADER.test(name)) for (const secret of secretsOf(value)) note(secret, `header ${name}`);
        else if (value.length >= LONG_VALUE && !known.has(value)) secrets.suspect(value);
      }
      if (Object.keys(headers).length > 0) warnOfPlainHttp(url, warned, log);
      return headers;
    },
    rejected: (url, response, sent) => credentials.rejected(url, response, sent),
  };
}

/** What stands behind the scheme; of basic credentials the password as well. */
function secretsOf(value: string): string[] {
  const [, scheme = "", rest = value] = /^([A-Za-z][\w-]*) +(.+)$/s.exec(value) ?? [];
  if (scheme.toLowerCase() !== "basic") return [rest];
  const [, password = ""] = /^[^:]*:(.*)$/s.exec(Buffer.from(rest, "base64").toString()) ?? [];
  return password === "" ? [rest] : [rest, password];
}

function warnOfPlainHttp(url: string, warned: Set<string>, log: Logger): void {
  const { protocol, origin, hostname } = new URL(url);
  if (protocol !== "http:" || isLoopback(hostname) || warned.has(origin)) return;
  warned.add(origin);
  log.warn({ origin }, `credentials for ${origin} go over plain http, where others can read them; use https`);
}
