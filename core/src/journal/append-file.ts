import type { FileHandle } from "node:fs/promises";

/** A file that is only ever appended to, whole writes at a time. */
export class AppendFile {
  readonly #handle: FileHandle;
  #size: number;

  /** @param size Bytes that are good; anything behind them is cut away by the next write. */
  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  /** Hands bytes to the system. Rejects when it takes not all of them; those it took are taken back. */
  async write(bytes: Buffer): Promise<void> {
    const start = this.#size;
    try {
      for (let done = 0; done < bytes.length; )
        done += (await this.#handle.write(bytes, done, bytes.length - done, start + done)).bytesWritten;
    } catch (thrown) {
      // A reader stops at a broken line anyway, and the next write goes over it.
      await this.#handle.truncate(start).catch(() => undefined);
      throw thrown;
    }
    this.#size = start + bytes.length;
  }

  /**
   * Waits until everything written is on the disk, under a name. Not to be tried again when it fails: the system forgets what it
   * lost.
   */
  async sync(): Promise<void> {
    await this.#handle.datasync();
    if ((await this.#handle.stat()).nlink === 0) throw new Error("the file was removed");
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
