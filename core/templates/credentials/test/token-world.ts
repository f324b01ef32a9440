import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { CredentialsWorld } from "leasehold/testing";
import { samplePlugin } from "../src/index.ts";

/** Whoever writes the file, and knows which token counts. */
export class TokenWorld implements CredentialsWorld {
  readonly file: string;
  readonly #directory: string;
  #token = "token-one";

  private constructor(directory: string) {
    this.#directory = directory;
    this.file = path.join(directory, "token");
  }

  static async open(): Promise<TokenWorld> {
    const world = new TokenWorld(await mkdtemp(path.join(tmpdir(), "sample-plugin-")));
    await world.write("token-one");
    return world;
  }

  get secrets() {
    return ["token-one", "token-two"];
  }

  create() {
    return samplePlugin({ tokenFile: this.file });
  }

  async takes({ authorization }: Readonly<Record<string, string>>): Promise<boolean> {
    return authorization === `Bearer ${this.#token}`;
  }

  /** Hands out another token. */
  async write(token: string): Promise<void> {
    this.#token = token;
    await writeFile(this.file, `${token}\n`);
  }

  /** Takes another token than it hands out. */
  async breakDown(): Promise<void> {
    this.#token = "token-two";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}
