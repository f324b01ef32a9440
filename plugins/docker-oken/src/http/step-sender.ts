import type { ServerResponse } from "node:http";

/** What may wait for somebody who does not read; a build prints as much as it likes. */
const MOST_WAITING_BYTES = 1024 * 1024;

/** Sends the steps of a deployment, of lines that come faster than they are read only how many there were. */
export class StepSender {
  readonly #response: ServerResponse;
  #left = 0;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  sendLine(line: string): void {
    if (this.#response.writableLength > MOST_WAITING_BYTES) {
      this.#left += 1;
      return;
    }
    this.#tellOfLeft();
    this.#send({ line });
  }

  sendLast(step: object): void {
    this.#tellOfLeft();
    this.#send(step);
  }

  #tellOfLeft(): void {
    if (this.#left > 0)
      this.#send({ line: `(${this.#left} lines were left out here: they came faster than they were read)` });
    this.#left = 0;
  }

  #send(step: object): void {
    this.#response.write(`${JSON.stringify(step)}\n`);
  }
}
