import pino from "pino";
import { describe, expect, it } from "vitest";
import { MemoryJournal } from "../../../core/src/journal/memory-journal.ts";
import { ResourceLedger } from "../../../core/src/run/resource-ledger.ts";
import { TelemetryHub } from "../../../core/src/telemetry-hub.ts";

const log = pino({ level: "silent" });
const owner = { type: "plugin", plugin: "p" } as const;

function ledgerOver(journal: MemoryJournal, end = async () => ({ signals: [], survivors: 0, ms: 0 })) {
  const ledger = new ResourceLedger(journal, new TelemetryHub(log), log);
  ledger.handle("things", "thing", { end, survivors: async () => 0 });
  return ledger;
}

describe("ResourceLedger", () => {
  it("journals a resource before it may start", async () => {
    const written = Promise.withResolvers<void>();
    class SlowJournal extends MemoryJournal {
      override own = () => written.promise;
    }
    let mayStart = false;
    const owning = ledgerOver(new SlowJournal())
      .own(owner, { kind: "thing", id: "a" })
      .then(() => {
        mayStart = true;
      });
    await Promise.resolve();
    expect(mayStart).toBe(false);
    written.resolve();
    await owning;
  });

  it("refuses a resource whose owner ended while it was journalled", async () => {
    const written = Promise.withResolvers<void>();
    const disowned: string[] = [];
    class SlowJournal extends MemoryJournal {
      override own = () => written.promise;
      override disown = async ({ id }: { id: string }) => void disowned.push(id);
    }
    let open = true;
    const owning = ledgerOver(new SlowJournal()).own(owner, { kind: "thing", id: "a" }, () => open);
    open = false;
    written.resolve();
    await expect(owning).rejects.toMatchObject({ code: "RESOURCE_REFUSED" });
    expect(disowned).toEqual(["a"]);
  });

  it("counts a resource as alive whose handler does not answer", async () => {
    const ledger = ledgerOver(new MemoryJournal(), () => new Promise(() => undefined));
    await ledger.own(owner, { kind: "thing", id: "a" });
    expect(await ledger.end(owner, new Error("over"), 0.005)).toMatchObject({ survivors: 1 });
  });

  it("keeps what survived for another try", async () => {
    let survivors = 1;
    const ledger = ledgerOver(new MemoryJournal(), async () => ({ signals: [], survivors: survivors--, ms: 0 }));
    await ledger.own(owner, { kind: "thing", id: "a" });
    expect(await ledger.end(owner, new Error("over"), 1)).toMatchObject({ survivors: 1 });
    expect(await ledger.end(owner, new Error("over"), 1)).toMatchObject({ survivors: 0 });
    expect(await ledger.end(owner, new Error("over"), 1)).toBeUndefined();
  });
});
