import { SecretStore } from "leasehold";
import type { Exit } from "../../core/src/redaction/exits.ts";

/** A store that has no redactor at one of its exits. */
export class LeakyStore extends SecretStore {
  readonly #open: Exit | undefined;

  constructor(open?: Exit) {
    super();
    this.#open = open;
  }

  override matchersAt(...args: Parameters<SecretStore["matchersAt"]>): ReturnType<SecretStore["matchersAt"]> {
    return args[0] === this.#open ? [] : super.matchersAt(...args);
  }

  protected override throughStreams(...args: Parameters<SecretStore["throughStreams"]>) {
    return this.#open === "stream" ? [] : super.throughStreams(...args);
  }
}
