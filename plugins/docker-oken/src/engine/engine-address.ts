import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DockerOptions } from "dockerode";

/** What tells where the engine is, as the Docker command line reads it (spec §4). */
export interface EngineAddress {
  readonly dockerHost?: string | undefined;
  readonly dockerTlsVerify?: string | undefined;
  readonly dockerCertPath?: string | undefined;
}

const DEFAULT_SOCKET = "/var/run/docker.sock";
const TLS_PORT = "2376";

/** The address as it is told in messages. */
export function addressText({ dockerHost }: EngineAddress): string {
  return dockerHost || `unix://${DEFAULT_SOCKET}`;
}

/**
 * Options of the engine client; every member is set, since the client fills gaps from the process environment.
 * Throws an `Error` that says what is wrong with the address or which certificate cannot be read.
 */
export async function clientOptions(address: EngineAddress): Promise<DockerOptions> {
  const text = addressText(address);
  if (text.startsWith("unix://")) return { ...EMPTY, socketPath: text.slice("unix://".length) || DEFAULT_SOCKET };
  const url = parsed(text);
  const secure = url.protocol === "https:" || Boolean(address.dockerTlsVerify) || url.port === TLS_PORT;
  const certificates = secure && address.dockerCertPath ? await readCertificates(address.dockerCertPath) : {};
  const port = url.port || (secure ? TLS_PORT : "2375");
  return { ...EMPTY, host: url.hostname, port, protocol: secure ? "https" : "http", ...certificates };
}

const EMPTY = {
  host: undefined,
  port: undefined,
  socketPath: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
};

function parsed(text: string): URL {
  const url = URL.parse(text.includes("//") ? text : `tcp://${text}`);
  if (url?.hostname && ["tcp:", "http:", "https:"].includes(url.protocol)) return url;
  throw new Error(`DOCKER_HOST is "${text}": write unix:///path, tcp://host:port or https://host:port`);
}

async function readCertificates(directory: string) {
  const [ca, cert, key] = await Promise.all(["ca.pem", "cert.pem", "key.pem"].map((name) => read(directory, name)));
  return { ca, cert, key };
}

async function read(directory: string, name: string): Promise<Buffer> {
  try {
    return await readFile(join(directory, name));
  } catch (thrown) {
    throw new Error(`DOCKER_CERT_PATH: ${name} cannot be read from ${directory}`, { cause: thrown });
  }
}
