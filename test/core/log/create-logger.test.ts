import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { type Logger, SecretStore } from "leasehold";
import { describe, expect, it } from "vitest";
import { createLogger, type LoggerSettings } from "../../../core/src/log/create-logger.ts";
import { maskLines } from "../../../core/src/redaction/mask-lines.ts";

describe("createLogger", () => {
  it("writes JSON lines where there is no terminal", async () => {
    const [line] = await linesOf({ verbose: false }, (log) => log.child({ run_id: "r" }).info({ n: 1 }, "hello"));
    expect(JSON.parse(line ?? "")).toMatchObject({ level: "info", run_id: "r", n: 1, msg: "hello" });
  });

  it("writes readable lines on a terminal", async () => {
    const [line] = await linesOf({ verbose: false, terminal: true }, (log) => log.info("hello"));
    expect(line).toContain("INFO");
    expect(() => JSON.parse(line ?? "")).toThrow(SyntaxError);
  });

  it("keeps a message on one line of a terminal", async () => {
    const lines = await linesOf({ verbose: false, terminal: true }, (log) => log.info("a\nb\r\u001b[2J\u009b2Jc"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("a\\u000ab\\u000d");
    expect(lines[0]).toContain("\\u009b2Jc");
  });

  it("tells details and stacks to verbose readers only", async () => {
    const write = (log: Logger): void => {
      log.debug("detail");
      log.error({ err: new Error("outer", { cause: new TypeError("inner") }) }, "failed");
    };
    const brief = await linesOf({ verbose: false }, write);
    expect(brief).toHaveLength(1);
    expect(JSON.parse(brief[0] ?? "").err).toEqual({
      type: "Error",
      message: "outer",
      cause: { type: "TypeError", message: "inner" },
    });
    const verbose = await linesOf({ verbose: true }, write);
    expect(verbose).toHaveLength(2);
    expect(JSON.parse(verbose[1] ?? "").err.stack).toContain("create-logger.test");
  });

  it.each([false, true])("makes a line of errors that cannot be read, verbose: %s", async (verbose) => {
    const circle = new Error("its own cause");
    circle.cause = circle;
    const { proxy, revoke } = Proxy.revocable(new Error("gone"), {});
    revoke();
    const hostile = Object.defineProperty(new Error(), "message", {
      get() {
        throw new Error("no");
      },
    });
    const lines = await linesOf({ verbose }, (log) => {
      for (const err of [circle, proxy, hostile, new Error("outer", { cause: hostile })]) log.error({ err }, "failed");
    });
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(Array(4).fill("failed"));
  });

  it.each([false, true])("masks secrets everywhere, on a terminal: %s", async (terminal) => {
    const secret = 'pass"word\\1';
    const secrets = new SecretStore();
    for (const value of [secret, "abc"]) secrets.runner.register(value, "one");
    const lines = await linesOf({ verbose: true, terminal }, (log) =>
      maskLines(log, secrets)
        .child({ secret })
        .error({ nested: { secret }, err: new Error(`bad ${secret}`) }, `with ${secret} and abc`),
    );
    expect(lines.join("\n")).not.toContain("word\\");
    expect(lines.join("\n")).toContain("and abc");
  });
});

async function linesOf(
  { terminal = false, ...settings }: Omit<LoggerSettings, "stream"> & { terminal?: boolean },
  write: (log: Logger) => void,
): Promise<string[]> {
  const stream = Object.assign(new PassThrough(), { isTTY: terminal });
  write(createLogger({ ...settings, stream }));
  await new Promise((resolve) => setImmediate(resolve));
  stream.end();
  return (await text(stream)).split("\n").filter(Boolean);
}
