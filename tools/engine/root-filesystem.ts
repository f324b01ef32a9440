import { execFile, spawn } from "node:child_process";
import { copyFile, mkdir, open, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import type { Say } from "../engine.ts";
import { apt } from "./install.ts";

const execute = promisify(execFile);

/** Directories that one name reaches in Debian's merged layout. */
const MERGED = ["bin", "sbin", "lib", "lib64"];
const WASTE = ["usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/lintian"];
const CERTIFICATES = "etc/ssl/certs/ca-certificates.crt";
const ACCOUNTS = {
  "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nagent:x:65532:65532:agent:/tmp:/bin/sh\n",
  "etc/group": "root:x:0:\nagent:x:65532:\n",
  "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
};

/**
 * Unpacks Debian's packages and what they depend on, checked by apt, below `folder`; nothing on this machine is installed.
 * Answers the root.
 */
export async function fillRoot(folder: string, say: Say, packages: readonly string[]): Promise<string> {
  const root = join(folder, "root");
  await layOut(root);
  for (const file of await download(folder, say, packages)) await unpack(file, root);
  for (const waste of WASTE) await rm(join(root, waste), { recursive: true, force: true });
  for (const [file, text] of Object.entries(ACCOUNTS)) await writeFile(join(root, file), text);
  await mkdir(join(root, "etc/ssl/certs"), { recursive: true });
  await trustWhatThisMachineTrusts(root, say);
  await symlink("dash", join(root, "usr/bin/sh")).catch(unlessThere);
  return root;
}

/** The root as a tar stream owned by root, and the end of making it. */
export function tarOf(root: string): { stream: Readable; done: Promise<void> } {
  const tar = spawn("tar", ["--numeric-owner", "-c", "-C", root, "."], { stdio: ["ignore", "pipe", "inherit"] });
  return { stream: tar.stdout, done: exitOf(tar, "tar") };
}

async function layOut(root: string): Promise<void> {
  for (const name of [...MERGED.map((merged) => `usr/${merged}`), "usr/local/bin", "tmp", "etc"])
    await mkdir(join(root, name), { recursive: true, mode: name === "tmp" ? 0o1777 : 0o755 });
  for (const name of MERGED) await symlink(`usr/${name}`, join(root, name));
}

/** An empty list of installed packages makes apt resolve everything anew. */
async function download(folder: string, say: Say, packages: readonly string[]): Promise<string[]> {
  const archives = join(folder, "archives");
  await mkdir(join(archives, "partial"), { recursive: true });
  await writeFile(join(folder, "status"), "");
  const places = ["-o", `Dir::State::status=${folder}/status`, "-o", `Dir::Cache::archives=${archives}`];
  const user = ["-o", "APT::Sandbox::User=root", "-o", "Debug::NoLocking=1"];
  const fetch = () =>
    apt(...places, ...user, "-y", "-q", "--no-install-recommends", "--download-only", "install", ...packages);
  await fetch().catch(async () => {
    say("refreshing the lists of packages");
    await apt("update", "-q");
    await fetch();
  });
  const files = await readdir(archives);
  return files.filter((name) => name.endsWith(".deb")).map((name) => join(archives, name));
}

/** `dpkg-deb --extract` would put directories in the place of links to them. */
async function unpack(file: string, root: string): Promise<void> {
  const content = await open(`${file}.tar`, "w");
  await exitOf(spawn("dpkg-deb", ["--fsys-tarfile", file], { stdio: ["ignore", content.fd, "inherit"] }), "dpkg-deb");
  await content.close();
  await execute("tar", ["-x", "--keep-directory-symlink", "-C", root, "-f", `${file}.tar`]);
}

async function trustWhatThisMachineTrusts(root: string, say: Say): Promise<void> {
  const copy = () => copyFile(`/${CERTIFICATES}`, join(root, CERTIFICATES));
  await copy().catch(async () => {
    say("installing ca-certificates");
    await apt("install", "-y", "-q", "--no-install-recommends", "ca-certificates");
    await execute("update-ca-certificates", []);
    await copy();
  });
}

async function exitOf(child: ReturnType<typeof spawn>, name: string): Promise<void> {
  const code = await new Promise((ended, failed) => child.once("close", ended).once("error", failed));
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
