import { text } from "node:stream/consumers";
import { SecretStore } from "leasehold";
import { describe, expect, it } from "vitest";

const SECRET = 's3cr"et\\+/ %value-é€';
const MASK = "********";

describe("secrets", () => {
  it.each(Object.entries(spellingsOf(SECRET)))("masks a secret written as %s", (_form, written) => {
    const store = new SecretStore();
    store.runner.register(SECRET, "password");
    expect(store.runner.text(`before ${written} after`)).toBe(`before ${MASK} after`);
  });

  it.each([0, 1, 2, 3, 4])("finds a secret in base64, %i bytes from its beginning", (before) => {
    const store = new SecretStore();
    store.runner.register(SECRET, "password");
    for (const encoding of ["base64", "base64url"] as const) {
      const encoded = Buffer.from(`${"x".repeat(before)}${SECRET}trailing`).toString(encoding);
      const masked = store.runner.text(encoded);
      expect(masked).toContain(MASK);
      expect(Buffer.from(masked.replace(MASK, ""), encoding).toString()).not.toContain("cr");
    }
  });

  it.each([0, 1, 2, 40, 60])(
    "finds a secret in base64 of several lines, %i bytes from its beginning",
    async (before) => {
      const store = new SecretStore();
      const secret = `${SECRET}${"0123456789".repeat(9)}`;
      store.runner.register(secret, "password");
      const encoded = Buffer.from(`${"x".repeat(before)}${secret}trailing`).toString("base64");
      for (const lineBreak of ["\n", "\r\n", "\\n", "\\\\r\\\\n"]) {
        const wrapped = (encoded.match(/.{1,76}/g) ?? []).join(lineBreak);
        const stream = store.runner.stream();
        for (const one of wrapped) stream.write(one);
        stream.end();
        for (const masked of [store.runner.text(wrapped), await text(stream)]) {
          const left = masked.replace(MASK, "").replace(/\\+[rn]/g, "");
          expect(masked).toContain(MASK);
          expect(Buffer.from(left, "base64").toString()).not.toMatch(/cr|\d/);
        }
      }
    },
  );

  it("masks the lines of a secret wherever they stand", () => {
    const store = new SecretStore();
    store.runner.register("-----BEGIN KEY-----\nfirst-line-1\n  second-line-2\n-----END KEY-----\n", "key");
    expect(store.runner.text("second-line-2 | first-line-1 | -----BEGIN KEY-----")).toBe(
      `${MASK} | ${MASK} | -----BEGIN KEY-----`,
    );
  });

  it("masks the longest of several secrets", () => {
    const store = new SecretStore();
    for (const secret of ["secret-abc", "secret-abc-def", "abc-def-ghi"]) store.runner.register(secret, "one");
    expect(store.runner.text("<secret-abc-def> <secret-abc-def-ghi> <secret-abc>")).toBe(
      `<${MASK}> <${MASK}> <${MASK}>`,
    );
  });

  it("leaves short values, and says so once by name", () => {
    const store = new SecretStore();
    const names: string[] = [];
    store.runner.register("abc", "first");
    store.onShort((name) => names.push(name));
    store.runner.register("abcd", "first");
    store.runner.register("12345", "second");
    store.runner.register("12345", "second under another name");
    store.runner.register("", "empty");
    store.runner.register("\\".repeat(8), "backslashes");
    expect(names).toEqual(["first", "second", "backslashes"]);
    expect(store.runner.text("abc 12345")).toBe("abc 12345");
  });

  it("refuses a value that is longer than a variable can be", () => {
    const { runner } = new SecretStore();
    const longest = "0123456789abcdef".repeat(8 * 1024);
    runner.register(longest, "just so");
    expect(runner.text(longest)).toBe("********");
    const register = () => runner.register(`${longest}!`, "option key");
    expect(register).toThrow(expect.objectContaining({ code: "SECRET_TOO_LONG" }));
    expect(register).toThrow(/^option key is a secret of 131073 characters/);
  });

  it("forgets a value as often as it was registered", () => {
    const store = new SecretStore();
    const [once, twice] = [store.runner.register("the-value", "a"), store.runner.register("the-value", "b")];
    once();
    once();
    expect(store.runner.text("the-value")).toBe(MASK);
    twice();
    expect(store.runner.text("the-value")).toBe("the-value");
  });

  it("keeps the secrets of agents and runs to themselves", () => {
    const store = new SecretStore();
    store.runner.register("of-the-runner", "r");
    store.runner.ofAgent("one").register("of-agent-one", "a");
    const run = store.forRun("one");
    const other = store.forRun("two");
    run.secrets.register("of-this-run", "x");
    const all = "of-the-runner of-agent-one of-this-run";
    expect(run.secrets.text(all)).toBe(`${MASK} ${MASK} ${MASK}`);
    expect(other.secrets.text(all)).toBe(`${MASK} of-agent-one of-this-run`);
    expect(store.runner.ofAgent("one").text(all)).toBe(`${MASK} ${MASK} of-this-run`);
    expect(store.mask("log", all)).toBe(`${MASK} ${MASK} ${MASK}`);
    expect(store.mask("result", all, run.scopes)).toBe(`${MASK} of-agent-one of-this-run`);
    run.end();
    expect(store.mask("log", all)).toBe(`${MASK} ${MASK} of-this-run`);
  });

  it("masks more in results when told to", () => {
    const store = new SecretStore();
    const run = store.forRun("one");
    run.secrets.register("of-this-run", "x");
    store.redactResults();
    expect(store.mask("result", "of-this-run", run.scopes)).toBe(MASK);
  });

  it("masks what values write of themselves as JSON", () => {
    const store = new SecretStore();
    store.runner.register("the-value", "x");
    const mask = (held: unknown) => JSON.stringify(store.maskValue("event", { held }));
    expect(mask(new URL("https://host.test/?token=the-value"))).toBe(`{"held":"https://host.test/?token=${MASK}"}`);
    expect(
      mask(
        new (class Grant {
          readonly token = "the-value";
        })(),
      ),
    ).toBe(`{"held":{"token":"${MASK}"}}`);
    expect(mask({ toJSON: () => ["the-value"] })).toBe(`{"held":["${MASK}"]}`);
    const untouched = { at: new Date(0) };
    expect(store.maskValue("event", untouched)).toBe(untouched);
  });

  it("lets others have their turns while it masks what is long", async () => {
    const store = new SecretStore();
    store.runner.register("the-value", "x");
    let turns = 0;
    let counting = true;
    const count = () =>
      counting &&
      setImmediate(() => {
        turns++;
        count();
      });
    count();
    const long = "the-value ".repeat(100_000);
    const { deep } = await store.maskLongValue("report", { deep: [long] });
    counting = false;
    expect(deep[0]).toBe(`${MASK} `.repeat(100_000));
    expect(turns).toBeGreaterThan(2);
  });

  it("looks for the same values without preparing anew", () => {
    const store = new SecretStore();
    const matchersOf = () => {
      const { secrets, scopes, end } = store.forRun("one");
      secrets.register("the-value", "x");
      const matchers = [...store.matchersAt("error", scopes), ...store.matchersAt("log")];
      end();
      return matchers;
    };
    const first = matchersOf();
    expect(first).toHaveLength(2);
    expect(matchersOf().map((matcher, index) => matcher === first[index])).toEqual([true, true]);
  });

  it("makes streams that mask what is registered meanwhile", async () => {
    const store = new SecretStore();
    const stream = store.runner.ofAgent("one").stream();
    stream.write("early-value late-value\n");
    store.runner.ofAgent("one").register("late-value", "x");
    stream.end("late-value\n");
    expect(await text(stream)).toBe(`early-value late-value\n${MASK}\n`);
  });
});

function spellingsOf(secret: string): Record<string, string> {
  const json = JSON.stringify(secret).slice(1, -1);
  const ascii = json.replace(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return {
    itself: secret,
    JSON: json,
    "JSON in ASCII": ascii,
    "JSON that spares nothing": Array.from(
      secret,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ).join(""),
    "JSON in JSON": JSON.stringify(json).slice(1, -1),
    "JSON in JSON in JSON": JSON.stringify(JSON.stringify(json).slice(1, -1)).slice(1, -1),
    "ASCII JSON in JSON": JSON.stringify(ascii).slice(1, -1),
    "a part of a URL": encodeURIComponent(secret),
    "a part of a URL, in lower case": encodeURIComponent(secret).replace(/%../g, (one) => one.toLowerCase()),
    "a URL in a URL": encodeURIComponent(encodeURIComponent(secret)),
    "a form": new URLSearchParams({ "": secret }).toString().slice(1),
    "a URL of JSON": encodeURIComponent(json),
    "JSON of a URL": JSON.stringify(encodeURI(secret)).slice(1, -1),
    "bytes of UTF-8": Buffer.from(secret).toString("latin1"),
  };
}
