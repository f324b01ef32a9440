/** What happened to a container, as far as the pool cares. */
export interface ContainerEvent {
  readonly action: string;
  readonly containerId: string;
  /** With the action `die`. */
  readonly exitCode?: number;
}

/** Reads the engine's event stream: one JSON object after another, each ended by a line feed. Other lines are left out. */
export async function* containerEvents(stream: AsyncIterable<Buffer | string>): AsyncGenerator<ContainerEvent> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const lines = (rest + (typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }))).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = parse(line);
      if (event) yield event;
    }
  }
}

interface WireEvent {
  readonly Type?: unknown;
  readonly Action?: unknown;
  readonly Actor?: { readonly ID?: unknown; readonly Attributes?: Readonly<Record<string, unknown>> };
}

function parse(line: string): ContainerEvent | undefined {
  if (line.trim() === "") return undefined;
  try {
    const { Type, Action, Actor } = JSON.parse(line) as WireEvent;
    if (Type !== "container" || typeof Action !== "string" || typeof Actor?.ID !== "string") return undefined;
    const exitCode = Number(Actor.Attributes?.["exitCode"] ?? Number.NaN);
    return { action: Action, containerId: Actor.ID, ...(Number.isInteger(exitCode) ? { exitCode } : {}) };
  } catch {
    return undefined;
  }
}
