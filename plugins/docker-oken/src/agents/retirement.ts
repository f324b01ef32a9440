import type { ContainerMaker } from "./container-maker.ts";
import type { Serving } from "./serving.ts";
import type { Version } from "./version.ts";

/** Versions that newer ones replaced: each ends when its last call has, and no later than a call may take. */
export class Retirement {
  readonly #maker: ContainerMaker;
  readonly #report: (what: string, thrown: unknown) => void;
  readonly #versions = new Map<Version, Serving | undefined>();

  constructor(maker: ContainerMaker, report: (what: string, thrown: unknown) => void) {
    this.#maker = maker;
    this.#report = report;
  }

  get versions(): readonly Version[] {
    return [...this.#versions.keys()];
  }

  add(version: Version, serving: Serving | undefined): void {
    this.#versions.set(version, serving);
    void this.#end(version, serving)
      .catch((thrown) => this.#report("could not end its old version", thrown))
      .finally(() => this.#versions.delete(version));
  }

  /** No call may reach whoever gets its address next. */
  async exited(containerId: string): Promise<void> {
    for (const [{ container }, serving] of this.#versions)
      if (container.id === containerId) await serving?.pool.destroy();
  }

  async #end(version: Version, serving: Serving | undefined): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, version.plan.settings.invokeSeconds * 1_000).unref();
    await Promise.race([serving?.drained(), late.promise]);
    clearTimeout(timer);
    await version.container.stop();
    await serving?.pool.destroy();
    await this.#maker.remove(version);
  }
}
