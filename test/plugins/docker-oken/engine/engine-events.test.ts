import fc from "fast-check";
import { expect, it } from "vitest";
import { type ContainerEvent, containerEvents } from "../../../../plugins/docker-oken/src/engine/engine-events.ts";

const wire = (action: string, id: string, exitCode?: number) =>
  `${JSON.stringify({ Type: "container", Action: action, Actor: { ID: id, Attributes: exitCode === undefined ? {} : { exitCode: String(exitCode) } } })}\n`;

async function read(chunks: readonly Buffer[]): Promise<ContainerEvent[]> {
  async function* stream() {
    yield* chunks;
  }
  const events: ContainerEvent[] = [];
  for await (const event of containerEvents(stream())) events.push(event);
  return events;
}

it("finds the same events however the stream is cut", async () => {
  const told = fc.record({ action: fc.string(), id: fc.string(), exitCode: fc.option(fc.nat(), { nil: undefined }) });
  await fc.assert(
    fc.asyncProperty(fc.array(told), fc.nat({ max: 20 }), async (events, size) => {
      const bytes = Buffer.from(events.map(({ action, id, exitCode }) => wire(action, id, exitCode)).join(""));
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size + 1) chunks.push(bytes.subarray(at, at + size + 1));
      const expected = events.map(({ action, id: containerId, exitCode }) => ({
        ...{ action, containerId },
        ...(exitCode === undefined ? {} : { exitCode }),
      }));
      expect(await read(chunks)).toEqual(expected);
    }),
  );
});

it("leaves out what is no event of a container", async () => {
  const lines = [
    '{"Type":"network","Action":"x","Actor":{"ID":"1"}}\n',
    "nonsense\n",
    "\n",
    "null\n",
    wire("die", "c", 3),
  ];
  await expect(read([Buffer.from(lines.join(""))])).resolves.toEqual([
    { action: "die", containerId: "c", exitCode: 3 },
  ]);
});
