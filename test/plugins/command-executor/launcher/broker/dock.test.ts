import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Dock } from "../../../../../plugins/command-executor/src/launcher/broker/dock.ts";
import { WIRE_NAME_LENGTH } from "../../../../../plugins/command-executor/src/launcher/broker/messages.ts";

/** A temp directory of the system's, as it seems to us. */
async function tmpNamed(name: string) {
  const root = await mkdtemp(join(tmpdir(), "dock-"));
  const tmp = join(root, name);
  await mkdir(tmp, { recursive: true });
  vi.stubEnv("TMPDIR", tmp);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(root, { recursive: true });
  });
  return tmp;
}

describe("a dock", () => {
  it("leaves nothing where the path is too long", async () => {
    const tmp = await tmpNamed("x".repeat(100));
    await expect(Dock.open()).rejects.toThrow();
    expect(await readdir(tmp)).toEqual([]);
  });

  it("knows a connection when its whole name has come", async () => {
    await tmpNamed("t");
    const dock = await Dock.open();
    onTestFinished(() => dock.close());
    const name = "0".repeat(WIRE_NAME_LENGTH);
    const wire = connect(dock.path);
    wire.write(name.slice(0, -1), () => wire.end("0output"));
    const socket = await dock.claim(name);
    expect(await socket.setEncoding("utf8").toArray()).toEqual(["output"]);
  });

  it("keeps no connection whose name never became whole", async () => {
    await tmpNamed("t");
    const dock = await Dock.open();
    onTestFinished(() => dock.close());
    const name = "0".repeat(WIRE_NAME_LENGTH - 1);
    const dead = connect(dock.path);
    dead.end(name);
    // Read to its end: the dock has closed its side of it.
    await once(dead.resume(), "close");
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const claimed = expect(dock.claim(name)).rejects.toThrow("did not arrive");
    await vi.advanceTimersByTimeAsync(10_000);
    await claimed;
  });

  it("lets go of whoever waits when it is closed", async () => {
    await tmpNamed("t");
    const dock = await Dock.open();
    const claim = expect(dock.claim("0".repeat(WIRE_NAME_LENGTH))).rejects.toThrow("nowhere");
    await dock.close();
    await claim;
  });
});
