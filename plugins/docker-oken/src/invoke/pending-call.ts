import type { Dispatcher } from "undici";

/** A call as undici would take it; of its options only the body counts, for there is one path and one type of body. */
export interface ChannelCall {
  readonly call: Dispatcher.DispatchOptions & { readonly body: string };
  readonly handler: Dispatcher.DispatchHandler;
}

/**
 * A call that waits for its answer, and by which whoever waits gives it up. It lets go of all it has when it has ended: a map
 * through which calls come and go leaves tables behind that keep what they held until the whole heap is collected.
 */
export class PendingCall implements Dispatcher.DispatchController {
  #call: ChannelCall | undefined;
  #cancel: ((reason: Error) => void) | undefined;
  readonly paused = false;
  aborted = false;
  reason: Error | null = null;

  constructor(call: ChannelCall, cancel: (reason: Error) => void) {
    this.#call = call;
    this.#cancel = cancel;
  }

  get body(): string | undefined {
    return this.#call?.call.body;
  }

  begin(status: number): void {
    this.#call?.handler.onResponseStart?.(this, status, {});
  }

  data(part: Buffer): void {
    this.#call?.handler.onResponseData?.(this, part);
  }

  end(): void {
    this.takeBack()?.handler.onResponseEnd?.(this, {});
  }

  fail(error: Error): void {
    this.takeBack()?.handler.onResponseError?.(this, error);
  }

  /** What was to be sent; nothing more is told of it here. */
  takeBack(): ChannelCall | undefined {
    const call = this.#call;
    this.#call = undefined;
    this.#cancel = undefined;
    return call;
  }

  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.#cancel?.(reason);
  }

  /** Answers are collected as they come. */
  pause(): void {}

  resume(): void {}
}
