import fc from "fast-check";
import { expect, test } from "vitest";
import { runnerId } from "../../../plugins/embedded-coordinator/src/identity.ts";

const COMMAND = "executors/procedural-executor/ao-procedural-exec";

test.each([
  ["build-07", "/srv/jobs", "echo", { command: COMMAND }, "lnch_a2fece2c2a7c"],
  ["build-07", "/srv/jobs", "test-procedural", { command: COMMAND }, "lnch_a59c9235047a"],
  ["n1", "/w", "p", undefined, "lnch_1e7a06f2344a"],
  ["n1", "/w", "p", {}, "lnch_1e7a06f2344a"],
  ["n1", "/w", "p", { command: null }, "lnch_305f2b02738c"],
])("derives the id of %s:%s:%s with %j", (hostname, project_dir, executor_profile, executor, id) => {
  expect(runnerId({ hostname, project_dir, executor_profile, executor })).toBe(id);
});

test("depends on the four parts and on nothing else", () => {
  const part = fc.string().filter((text) => !text.includes(":"));
  const identity = fc.record({ hostname: part, project_dir: part, executor_profile: part, command: part });
  fc.assert(
    fc.property(identity, identity, fc.dictionary(fc.string(), fc.string()), (one, other, extra) => {
      const same = ["hostname", "project_dir", "executor_profile", "command"].every(
        (name) => Reflect.get(one, name) === Reflect.get(other, name),
      );
      const idOf = ({ command, ...rest }: typeof one) => runnerId({ ...rest, executor: { ...extra, command } });
      expect(idOf(one)).toBe(runnerId({ ...one, executor: { command: one.command } }));
      expect(idOf(one) === idOf(other)).toBe(same);
    }),
  );
});
