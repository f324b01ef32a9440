import { isIP } from "node:net";

/** Whether the host name of a URL leads to this machine and nowhere else. */
export function isLoopback(hostname: string): boolean {
  if (hostname === "[::1]" || hostname === "localhost" || hostname.endsWith(".localhost")) return true;
  return isIP(hostname) === 4 && hostname.startsWith("127.");
}
