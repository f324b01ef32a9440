import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, dirname } from "node:path";
import { command } from "../../tools/packages/command.ts";
import { engine } from "../plugins/docker-oken/engine.ts";
import { gatewayOf } from "../plugins/docker-oken/image/package-index.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
}

interface Published {
  readonly manifest: Manifest;
  readonly content: Buffer;
}

/** A registry of npm packages that builds on the engine of this machine reach. */
export interface NpmRegistry {
  /** Without a slash at the end. */
  readonly origin: string;
  /** Paths that were asked for. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** Serves these tarballs. */
export async function serveRegistry(tarballs: readonly string[]): Promise<NpmRegistry> {
  const published = await Promise.all(tarballs.map(read));
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    requests.push(path);
    const file = published.find(({ manifest }) => path === `/${fileOf(manifest)}`);
    if (file) return void response.end(file.content);
    const versions = published.filter(({ manifest }) => path === `/${manifest.name}`);
    response.writeHead(versions.length > 0 ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(versions.length > 0 ? documentOf(versions, origin) : { error: "not found" }));
  });
  const gateway = await gatewayOf(engine().docker);
  await new Promise<void>((listening, failed) => server.once("error", failed).listen(0, gateway, listening));
  const origin = `http://${gateway}:${(server.address() as AddressInfo).port}`;
  const close = () => new Promise<void>((closed) => server.close(() => closed()).closeAllConnections());
  return { origin, requests, close };
}

async function read(tarball: string): Promise<Published> {
  const text = await command("tar", ["-xzOf", basename(tarball), "package/package.json"], { cwd: dirname(tarball) });
  return { manifest: JSON.parse(text) as Manifest, content: await readFile(tarball) };
}

/** All versions of one package, as npm asks for them. */
function documentOf(versions: readonly Published[], origin: string) {
  const entries = versions.map(({ manifest, content }) => {
    const integrity = `sha512-${createHash("sha512").update(content).digest("base64")}`;
    return [manifest.version, { ...manifest, dist: { tarball: `${origin}/${fileOf(manifest)}`, integrity } }];
  });
  const { name, version } = versions[versions.length - 1]!.manifest;
  return { name, "dist-tags": { latest: version }, versions: Object.fromEntries(entries) };
}

function fileOf({ name, version }: Manifest): string {
  return `${name}/-/${name.replace(/^.*\//, "")}-${version}.tgz`;
}
