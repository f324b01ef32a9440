import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BuildLog, type BuildMessage } from "../../../../plugins/docker-oken/src/image/build-log.ts";
import { decodeTrace } from "../../../../plugins/docker-oken/src/image/buildkit-trace.ts";

describe("the log of a build", () => {
  it("is the classic builder's text in lines, however it is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{0,9}$/), { minLength: 1 }), fc.nat(7), (lines, size) => {
        const text = `${lines.join("\n")}\n`;
        const pieces = text.match(new RegExp(`[\\s\\S]{1,${size + 1}}`, "g")) ?? [];
        expect(logOf(pieces.map((stream) => ({ stream }))).text).toBe(text);
      }),
    );
  });

  it("is BuildKit's steps and what they print", () => {
    const trace = [
      step({ digest: "s1", name: "[1/2] FROM base", started: true, cached: true }),
      step({ digest: "s2", name: "[2/2] RUN uv sync", started: true }),
      output("s2", "Resolved 1 pack"),
      output("s2", "age\nInstalled"),
      step({ digest: "s2", name: "[2/2] RUN uv sync", started: true, error: "exit code: 1" }),
    ];
    const log = logOf([...trace.map(traced), { error: "failed to solve" }]);
    expect(log.text.split("\n")).toEqual([
      "#1 [1/2] FROM base",
      "#1 CACHED",
      "#2 [2/2] RUN uv sync",
      "#2 Resolved 1 package",
      "#2 ERROR: exit code: 1",
      "failed to solve",
      "#2 Installed",
      "",
    ]);
    expect(log.error).toBe("failed to solve");
  });

  it("keeps the last MiB", () => {
    const log = logOf(Array.from({ length: 3_000 }, (_, n) => ({ stream: `${n}${"x".repeat(996)}\n` })));
    expect(log.text.length).toBeLessThan(1.1 * 1024 * 1024);
    expect(log.text).toMatch(/^\(\d+ lines before these were dropped\)\n/);
    expect(log.tail).toContain("2999xxx");
    expect(log.tail.split("\n")).toHaveLength(20);
  });

  it.each<[string, string]>([
    ["a line without end", "x".repeat(100_000)],
    ["empty lines", "\n".repeat(100_000)],
  ])("keeps the last MiB of %s", (_, piece) => {
    let heard = 0;
    const log = new BuildLog(() => void heard++);
    for (let turn = 0; turn < 30; turn++) log.take({ stream: piece });
    expect(heard).toBeGreaterThan(100);
    log.end();
    expect(log.text.length).toBeLessThan(1.1 * 1024 * 1024);
  });
});

describe("a trace", () => {
  it("is decoded or refused, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeTrace(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

function logOf(messages: readonly BuildMessage[]): BuildLog {
  const log = new BuildLog();
  for (const message of messages) log.take(message);
  log.end();
  return log;
}

function traced(message: Buffer): BuildMessage {
  return { id: "moby.buildkit.trace", aux: message.toString("base64") };
}

function step(given: { digest: string; name: string; started?: boolean; cached?: boolean; error?: string }): Buffer {
  const parts = [field(1, given.digest), field(3, given.name)];
  if (given.cached) parts.push(Buffer.from([4 << 3, 1]));
  if (given.started) parts.push(field(5, "\u0008\u0001"));
  if (given.error) parts.push(field(7, given.error));
  return field(1, Buffer.concat(parts));
}

function output(digest: string, text: string): Buffer {
  return field(3, Buffer.concat([field(1, digest), Buffer.from([3 << 3, 1]), field(4, text)]));
}

function field(number: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}
