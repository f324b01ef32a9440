import { createHash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import { DetailFault } from "./faults.ts";

/** Judges a request before anything of it is read; throws a `DetailFault`. */
export type Guard = (request: Pick<FastifyRequest, "headers" | "url">) => void;

/** Asks for the bearer token, but for `/health`, which container engines call. */
export function tokenGuard(token: string): Guard {
  const expected = digest(`Bearer ${token}`);
  return ({ headers, url }) => {
    if (url === "/health") return;
    // Digests have one length, so that the comparison tells nothing of the token's.
    if (timingSafeEqual(digest(normalized(headers.authorization)), expected)) return;
    throw new DetailFault(401, "UNAUTHORIZED", "The bearer token is missing or wrong", undefined, {
      "www-authenticate": "Bearer",
    });
  };
}

/**
 * Refuses what a web page makes a browser send: without a token whoever can send a request can have code run. A page's
 * requests carry its origin, and where its name was made to resolve to this machine, that name.
 */
export function browserGuard(host: string): Guard {
  const loopbackOnly = isLoopback(host);
  /** The last name that was found good: most callers use one. */
  let good: string | undefined;
  return ({ headers }) => {
    if (headers.origin !== undefined)
      throw new DetailFault(403, "REFUSED", "Requests of web pages are refused; set OKEN_API_TOKEN to admit them");
    if (!loopbackOnly || (good !== undefined && headers.host === good)) return;
    if (!isLoopback(hostNameOf(headers.host)))
      throw new DetailFault(
        421,
        "REFUSED",
        `This runner serves loopback names only, not '${hostNameOf(headers.host)}'`,
      );
    good = headers.host;
  };
}

/** Whether a host name or address (without brackets) can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function hostNameOf(host = ""): string {
  return host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

function normalized(authorization = ""): string {
  return authorization.replace(/^bearer +/i, "Bearer ");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
