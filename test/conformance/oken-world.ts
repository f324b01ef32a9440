import type { OkenOptions } from "@leasehold/docker-oken";
import { definePlugin, type JsonObject, type Plugin } from "leasehold";
import type { Heard, SourceWorld } from "leasehold/testing";
import { ApiToken } from "./oken-subject.ts";

const SLOTS = 2;

/** A call of the API that waits for its answer, or has it. */
interface Call {
  readonly heard: Heard[];
  readonly gone: AbortController;
  readonly over: Promise<void>;
}

/** Callers of the Oken runner API. A call has no name but the one it has here, and its end is the answer. */
export class OkenWorld implements SourceWorld {
  static readonly slots = SLOTS;
  readonly #create: (options: Partial<OkenOptions>) => Plugin;
  readonly #address = Promise.withResolvers<string>();
  readonly #calls = new Map<string, Call>();

  constructor(create: (options: Partial<OkenOptions>) => Plugin) {
    this.#create = create;
  }

  create() {
    return this.#create({ maxInFlight: SLOTS });
  }

  readonly companions = () => [
    definePlugin({
      name: "callers",
      apiVersion: 1,
      dependsOn: ["docker-oken"],
      setup: ({ services }) => this.#address.resolve(services.get(ApiToken).address),
    })(),
  ];

  async send(input: JsonObject): Promise<string> {
    const url = `${await this.#address.promise}/invoke/conformance`;
    const [gone, heard]: [AbortController, Heard[]] = [new AbortController(), []];
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ input }) };
    const over = fetch(url, { ...init, signal: gone.signal })
      .then((response) => response.json())
      .then(
        () => void heard.push("end"),
        (thrown) => {
          if (!gone.signal.aborted) throw thrown;
        },
      );
    over.catch(() => undefined);
    const name = `call ${this.#calls.size}`;
    this.#calls.set(name, { heard, gone, over });
    return name;
  }

  heard(call: string): readonly Heard[] {
    return this.#call(call).heard;
  }

  ended(call: string): Promise<void> {
    return this.#call(call).over;
  }

  /** The caller closes its connection. */
  async leave(call: string): Promise<void> {
    this.#call(call).gone.abort();
  }

  async leaveAll(): Promise<void> {
    for (const { gone } of this.#calls.values()) gone.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leaveAll();
  }

  #call(name: string): Call {
    const call = this.#calls.get(name);
    if (!call) throw new Error(`nobody made ${name}`);
    return call;
  }
}
