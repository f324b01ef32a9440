import { type Credentials, SecretStore } from "leasehold";
import { describe, expect, it } from "vitest";
import { guardCredentials } from "../../../core/src/redaction/guard-credentials.ts";
import { recordingLog } from "../../plugins/coordinator/test-source.ts";

const MASK = "********";

function guarded(headers: () => Record<string, string>) {
  const secrets = new SecretStore();
  const { log, lines } = recordingLog();
  const inner: Credentials = { headers: async () => headers(), rejected: async () => true };
  return { credentials: guardCredentials(inner, secrets, log), secrets, lines };
}

describe("credentials", () => {
  it("are masked as soon as they are handed out", async () => {
    const basic = `Basic ${btoa("me:the-password")}`;
    const { credentials, secrets } = guarded(() => ({
      Authorization: "Bearer the-token",
      "Proxy-Authorization": basic,
    }));
    expect(await credentials.headers("https://c.test/")).toMatchObject({ Authorization: "Bearer the-token" });
    expect(secrets.mask("result", `Bearer the-token the-password ${basic}`)).toBe(
      `Bearer ${MASK} ${MASK} Basic ${MASK}`,
    );
  });

  it("leave results alone where a header is no secret by name", async () => {
    const { credentials, secrets } = guarded(() => ({
      "X-Tenant": "a-tenant-of-some-length",
      "X-Version": "2026-11-21",
    }));
    await credentials.headers("https://c.test/");
    expect(secrets.mask("output", "a-tenant-of-some-length 2026-11-21")).toBe("a-tenant-of-some-length 2026-11-21");
    expect(secrets.mask("log", "a-tenant-of-some-length 2026-11-21")).toBe(`${MASK} 2026-11-21`);
  });

  it("are forgotten once many others came after them", async () => {
    let count = 0;
    const { credentials, secrets } = guarded(() => ({ authorization: `Bearer token-number-${count++}-` }));
    for (let time = 0; time < 18; time++) await credentials.headers("https://c.test/");
    expect(secrets.mask("log", "token-number-17- token-number-2- token-number-1-")).toBe(
      `${MASK} ${MASK} token-number-1-`,
    );
  });

  it("bring one warning when they go over plain http to another machine", async () => {
    const { credentials, lines } = guarded(() => ({ authorization: "Bearer the-token" }));
    for (const url of ["http://127.0.0.1:1/", "http://localhost/", "http://[::1]/", "https://c.test/"])
      await credentials.headers(url);
    expect(lines).toEqual([]);
    for (let time = 0; time < 2; time++) await credentials.headers("http://c.test/runner/runs");
    expect(lines).toMatchObject([{ level: "warn", origin: "http://c.test" }]);
  });
});
