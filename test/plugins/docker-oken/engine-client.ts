import Docker from "dockerode";

/** The engine of `DOCKER_HOST`, or the machine's own. */
export const host = process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";

export function connect(): Docker {
  if (host.startsWith("unix://")) return new Docker({ socketPath: host.slice("unix://".length) });
  const { hostname, port } = new URL(host);
  return new Docker({ host: hostname, port });
}
