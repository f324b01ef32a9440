import { readFile } from "node:fs/promises";
import type { Credentials } from "leasehold";

/** A token is read when it is first wanted, and again when it was refused: by all who were refused, once. */
export class TokenFile implements Credentials {
  readonly #file: string;
  #token: Promise<string> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Rejects, with the file's name and never its content, when there is no token. */
  async headers(_url: string, signal?: AbortSignal): Promise<Record<string, string>> {
    signal?.throwIfAborted();
    this.#token ??= this.#read();
    return { authorization: `Bearer ${await this.#token}` };
  }

  /** Whether there is another token by now than the one that was refused. */
  async rejected(
    url: string,
    _response: { readonly status: number },
    sent: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    const refused = this.#token;
    const held = await this.headers(url);
    if (held["authorization"] !== sent["authorization"]) return true;
    if (this.#token === refused) this.#token = undefined;
    return (await this.headers(url))["authorization"] !== sent["authorization"];
  }

  async #read(): Promise<string> {
    try {
      const token = (await readFile(this.#file, "utf8")).trim();
      if (token !== "") return token;
    } catch (cause) {
      this.#token = undefined;
      throw new Error(`the token cannot be read from ${this.#file}`, { cause });
    }
    this.#token = undefined;
    throw new Error(`${this.#file} holds no token`);
  }
}
