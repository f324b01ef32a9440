import Docker from "dockerode";

/** The socket of the engine that this tool starts. */
export const OWN_SOCKET = "/run/leasehold-engine/docker.sock";

/** The first engine that answers: the one of `DOCKER_HOST`, the machine's own, ours. */
export async function answeringHost(): Promise<string | undefined> {
  const named = process.env["DOCKER_HOST"];
  for (const host of [named, "unix:///var/run/docker.sock", `unix://${OWN_SOCKET}`])
    if (host !== undefined && (await answers(host))) return host;
  return undefined;
}

export async function answers(host: string): Promise<boolean> {
  try {
    await connect(host).ping();
    return true;
  } catch {
    return false;
  }
}

/** A client of the engine at `unix://…` or `tcp://…`. */
export function connect(host: string): Docker {
  if (host.startsWith("unix://")) return new Docker({ socketPath: host.slice("unix://".length) });
  const { hostname, port, protocol } = new URL(host);
  return new Docker({ host: hostname, port: port || 2375, protocol: protocol === "https:" ? "https" : "http" });
}
