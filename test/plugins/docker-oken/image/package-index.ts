import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type Docker from "dockerode";
import type { Wheel } from "./wheel.ts";

/** A package index (PEP 503) that containers of the engine on this machine reach. */
export async function servePackages(docker: Docker, wheels: readonly Wheel[]) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push(path);
    const wheel = wheels.find(({ filename }) => path === `/files/${filename}`);
    if (wheel) return void response.end(wheel.content);
    const stem = /^\/simple\/([\w-]+)\/$/.exec(path)?.[1]?.replaceAll("-", "_");
    const links = wheels
      .filter(({ filename }) => filename.startsWith(`${stem}-`))
      .map(({ filename, sha256 }) => `<a href="/files/${filename}#sha256=${sha256}">${filename}</a>`);
    response.writeHead(links.length > 0 ? 200 : 404, { "content-type": "text/html" }).end(links.join("\n"));
  });
  const gateway = await gatewayOf(docker);
  await new Promise<void>((listening, failed) => server.once("error", failed).listen(0, gateway, listening));
  const origin = `http://${gateway}:${(server.address() as AddressInfo).port}`;
  const close = () => new Promise<void>((closed) => server.close(() => closed()).closeAllConnections());
  return { origin, url: `${origin}/simple`, requests, close };
}

/** The address under which containers of the engine's own bridge reach this machine. */
export async function gatewayOf(docker: Docker): Promise<string> {
  const { IPAM } = await docker.getNetwork("bridge").inspect();
  const gateway = IPAM?.Config?.[0]?.Gateway;
  if (!gateway) throw new Error("the bridge network of the engine has no gateway");
  return gateway;
}
