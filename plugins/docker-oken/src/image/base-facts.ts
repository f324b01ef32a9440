import { PassThrough } from "node:stream";
import type Docker from "dockerode";

/** What a base image holds, as far as agents need it. */
export interface BaseFacts {
  /** Interpreters on its path, e.g. `{ path: "/usr/bin/python3.11", version: "3.11.2" }`; the newest first. */
  readonly pythons: readonly Python[];
  /** Version of uv, if it is there. */
  readonly uv?: string;
  readonly hasCertificates: boolean;
}

interface Python {
  readonly path: string;
  readonly version: string;
}

/** The oldest Python that the wrapper supports. */
const OLDEST = [3, 9];
const SECONDS = 60;
const SCRIPT = `
for minor in "" 9 10 11 12 13 14 15; do
  found=$(command -v "python3\${minor:+.$minor}") &&
    "$found" -c 'import os, sys; print("python", os.path.realpath(sys.executable), "%d.%d.%d" % sys.version_info[:3])'
done
uv --version
for file in /etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem /etc/pki/tls/certs/ca-bundle.crt; do
  test -s "$file" && echo certificates
done
echo end
`;

/** Asks a container of the image, without network, what is in it. Rejects when it has no shell. */
export async function readBaseFacts(docker: Docker, image: string): Promise<BaseFacts> {
  const lines = (await outputOf(docker, image)).split("\n");
  if (!lines.includes("end")) throw new Error("it has no shell at /bin/sh that could be asked");
  const pythons = lines.flatMap((line) => /^python (\/[\w./+-]+) (\d+\.\d+\.\d+)$/.exec(line) ?? []);
  const uv = lines.flatMap((line) => /^uv (\d+\.\d+\.\d+)/.exec(line)?.[1] ?? [])[0];
  return { pythons: distinct(pythons), hasCertificates: lines.includes("certificates"), ...(uv ? { uv } : {}) };
}

/** What agents will miss, a sentence each. No Python is none of it: uv downloads one. */
export function whatLacks({ pythons, uv, hasCertificates }: BaseFacts): string[] {
  return [
    ...(pythons.length === 0 && !uv ? ["it has neither Python 3.9 or newer nor uv, so no agent can run"] : []),
    ...(uv ? [] : ["it has no uv, so agents with dependencies cannot be built"]),
    ...(hasCertificates ? [] : ["it has no CA certificates, so agents cannot use HTTPS"]),
  ];
}

async function outputOf(docker: Docker, image: string): Promise<string> {
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ["/bin/sh"],
    Cmd: ["-c", SCRIPT],
    Tty: false,
    NetworkDisabled: true,
    HostConfig: { CapDrop: ["ALL"], NetworkMode: "none" },
  });
  try {
    const output = await container.attach({ stream: true, stdout: true, stderr: true });
    const text = collect(docker, output);
    await container.start();
    await container.wait({ abortSignal: AbortSignal.timeout(SECONDS * 1_000) });
    return await text;
  } finally {
    await container.remove({ force: true });
  }
}

async function collect(docker: Docker, output: NodeJS.ReadWriteStream): Promise<string> {
  const plain = new PassThrough();
  docker.modem.demuxStream(output, plain, new PassThrough().resume());
  output.once("end", () => plain.end()).once("error", (error) => plain.destroy(error));
  return (await plain.toArray()).join("");
}

/** `found` holds a match, a path and a version in turn. */
function distinct(found: readonly string[]): Python[] {
  const versions = new Map<string, string>();
  for (let at = 0; at < found.length; at += 3) versions.set(found[at + 1] ?? "", found[at + 2] ?? "");
  return [...versions]
    .map(([path, version]) => ({ path, version }))
    .filter(({ version }) => compare(partsOf(version), OLDEST) >= 0)
    .sort((one, other) => compare(partsOf(other.version), partsOf(one.version)));
}

function partsOf(version: string): number[] {
  return version.split(".").map(Number);
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((part, index) => part !== (other[index] ?? part));
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}
