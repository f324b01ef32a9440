import { expect, it } from "vitest";
import { ConformanceReport } from "../../../../core/src/testing/conformance/report.ts";

const fine = async () => undefined;
const breaks = (message: string) => async () => {
  throw new Error(message);
};

it("counts what holds, is broken and does not apply", async () => {
  const report = new ConformanceReport("executor x");
  await report.try("one", fine);
  await report.try("two", fine);
  expect(report.text()).toMatch(/^executor x: 2 hold\n/);
  report.leaveOut("three", "it cannot");
  expect(report.text()).toMatch(/^executor x: 2 hold, 1 does not apply\n/);
  await expect(report.try("four", breaks("no"))).rejects.toThrow("no");
  report.leaveOut("five", "it cannot");
  expect(report.text()).toMatch(/^executor x: 2 hold, 1 is broken, 2 do not apply\n/);
});

it("shows the first fault, with its stack, and the one that came of its disposal", async () => {
  const report = new ConformanceReport("executor x");
  const first = new Error("it leaks");
  const tried = report.try("one", async () => {
    await using _bench = { [Symbol.asyncDispose]: breaks("it does not close") };
    throw first;
  });
  const shown: Error = (await tried.catch((thrown: Error) => thrown)) as Error;
  expect(shown.message).toBe("it leaks; and then: it does not close");
  expect(shown.cause).toBe(first);
  expect(shown.stack).toContain("it leaks; and then: it does not close");
  expect(shown.stack).toContain("report.test.ts");
});
