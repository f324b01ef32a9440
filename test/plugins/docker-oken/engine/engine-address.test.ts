import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { addressText, clientOptions } from "../../../../plugins/docker-oken/src/engine/engine-address.ts";

describe("clientOptions", () => {
  it.each([
    [undefined, { socketPath: "/var/run/docker.sock", host: undefined }],
    ["unix:///run/x.sock", { socketPath: "/run/x.sock", host: undefined }],
    ["tcp://10.0.0.1:2375", { host: "10.0.0.1", port: "2375", protocol: "http", socketPath: undefined }],
    ["10.0.0.1:2375", { host: "10.0.0.1", port: "2375", protocol: "http" }],
    ["tcp://engine", { host: "engine", port: "2375", protocol: "http" }],
    ["tcp://engine:2376", { host: "engine", port: "2376", protocol: "https" }],
    ["https://engine", { host: "engine", port: "2376", protocol: "https" }],
  ])("reads %s", async (dockerHost, expected) => {
    await expect(clientOptions({ dockerHost })).resolves.toMatchObject(expected);
  });

  it("takes the certificates where TLS is asked for", async () => {
    const directory = await mkdtemp(join(tmpdir(), "leasehold-certs-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    for (const name of ["ca", "cert", "key"]) await writeFile(join(directory, `${name}.pem`), name);
    const address = { dockerHost: "tcp://engine:1", dockerTlsVerify: "1", dockerCertPath: directory };
    const { ca, cert, key, protocol } = await clientOptions(address);
    expect([String(ca), String(cert), String(key), protocol]).toEqual(["ca", "cert", "key", "https"]);
  });

  it("names the certificate that cannot be read", async () => {
    const address = { dockerHost: "https://engine", dockerCertPath: "/nowhere" };
    await expect(clientOptions(address)).rejects.toThrow(/\.pem cannot be read from \/nowhere/);
  });

  it.each(["ssh://engine", "tcp://", "ftp://x"])("refuses %s with what to write", async (dockerHost) => {
    await expect(clientOptions({ dockerHost })).rejects.toThrow("write unix:///path");
  });

  it("tells the address in use", () => {
    expect(addressText({})).toBe("unix:///var/run/docker.sock");
  });
});
