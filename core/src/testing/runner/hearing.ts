import type { Telemetry, TelemetryEvent } from "../../telemetry.ts";

/** Telemetry events of one type. */
export type EventOf<Type extends TelemetryEvent["type"]> = Extract<TelemetryEvent, { type: Type }>;

/** All that a runner tells, from the beginning. */
export class Hearing {
  readonly events: TelemetryEvent[] = [];
  readonly #telemetry: Telemetry;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
    telemetry.subscribe((event) => void this.events.push(event));
  }

  /** The first event of a type that is wanted, told already or still to come. */
  told<Type extends TelemetryEvent["type"]>(
    type: Type,
    wanted: (event: EventOf<Type>) => boolean = () => true,
  ): Promise<EventOf<Type>> {
    const isWanted = (event: TelemetryEvent): event is EventOf<Type> =>
      event.type === type && wanted(event as EventOf<Type>);
    const earlier = this.events.find(isWanted);
    if (earlier) return Promise.resolve(earlier);
    return new Promise((resolve) => {
      const unsubscribe = this.#telemetry.subscribe((event) => {
        if (!isWanted(event)) return;
        unsubscribe();
        resolve(event);
      });
    });
  }
}
