import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** The socket's name in a state directory. */
const SOCKET = "control";
/** What every system takes as the address of a unix socket: macOS 103 bytes, Linux 107. */
const LONGEST_BYTES = 103;

export function socketIn(directory: string): string {
  return path.join(directory, SOCKET);
}

/**
 * Hands out an address for the socket of a state directory. Where the path is longer than an address may be, it leads
 * through a short link that is there as long as `use` runs; the socket itself lies in the state directory all the same.
 */
export async function withSocketAddress<T>(directory: string, use: (address: string) => Promise<T>): Promise<T> {
  const direct = socketIn(directory);
  if (Buffer.byteLength(direct) <= LONGEST_BYTES) return use(direct);
  const short = await mkdtemp(path.join(shortDirectory(), "lh-"));
  try {
    const link = path.join(short, "s");
    await symlink(path.resolve(directory), link);
    return await use(socketIn(link));
  } finally {
    await rm(short, { recursive: true, force: true });
  }
}

function shortDirectory(): string {
  return Buffer.byteLength(tmpdir()) <= LONGEST_BYTES / 2 ? tmpdir() : "/tmp";
}
