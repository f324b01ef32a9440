import type Docker from "dockerode";

/** Engine 20.10; before it BuildKit was an experiment. */
const BUILDKIT_API = 1.41;

/** Which of its two builders an engine is to use: BuildKit where it has it. The engine is asked once. */
export class BuilderChoice {
  readonly #docker: Docker;
  #usesBuildKit: Promise<boolean> | undefined;

  /** @param stated Not asked for, but told. */
  constructor(docker: Docker, stated: "buildkit" | "classic" | undefined) {
    this.#docker = docker;
    if (stated) this.#usesBuildKit = Promise.resolve(stated === "buildkit");
  }

  usesBuildKit(): Promise<boolean> {
    this.#usesBuildKit ??= this.#ask().catch((thrown) => {
      this.#usesBuildKit = undefined;
      throw thrown;
    });
    return this.#usesBuildKit;
  }

  async #ask(): Promise<boolean> {
    const { ApiVersion, Os, Components = [] } = await this.#docker.version();
    const isDocker = Components.some(({ Name }) => Name === "Engine");
    return Os === "linux" && Number(ApiVersion) >= BUILDKIT_API && isDocker;
  }
}
