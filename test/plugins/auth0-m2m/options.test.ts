import fc from "fast-check";
import type { z } from "leasehold";
import { describe, expect, it } from "vitest";
import { options, requestOf } from "../../../plugins/auth0-m2m/src/options.ts";

const complete = { domain: "your-org.auth0.com", audience: "api", clientId: "id", clientSecret: "hush-hush" };
const messageOf = (given: object) => {
  const { error } = options.safeParse(given);
  return error?.issues.map(({ path, message }) => [...path, message].join(": ")).join("\n") ?? "";
};

describe("the options", () => {
  it("make a request when they are complete", () => {
    expect(requestOf(options.parse({ ...complete, requestTimeoutSeconds: 0.5 }))).toEqual({
      provider: { kind: "auth0", domain: "your-org.auth0.com" },
      audience: "api",
      clientId: "id",
      clientSecret: { kind: "value", value: "hush-hush" },
      timeoutMs: 500,
    });
  });

  it("take another provider and a file for the secret", () => {
    const { domain: _, clientSecret: __, ...rest } = complete;
    const given = { ...rest, issuerUrl: "https://id.example.org/realm", clientSecretFile: "/run/secrets/runner" };
    expect(requestOf(options.parse(given))).toMatchObject({
      provider: { kind: "openid", issuerUrl: "https://id.example.org/realm" },
      clientSecret: { kind: "file", path: "/run/secrets/runner" },
    });
  });

  it("ask for nothing when none is set", () => {
    expect(requestOf(options.parse({}))).toBeUndefined();
    expect(requestOf(options.parse({ requestTimeoutSeconds: 3 }))).toBeUndefined();
  });

  it("name what is missing from any partial set", () => {
    const variables: Record<keyof typeof complete, string> = {
      domain: "AUTH0_DOMAIN",
      audience: "AUTH0_AUDIENCE",
      clientId: "AUTH0_RUNNER_CLIENT_ID",
      clientSecret: "AUTH0_RUNNER_CLIENT_SECRET",
    };
    const names = Object.keys(variables) as (keyof typeof complete)[];
    fc.assert(
      fc.property(fc.subarray(names, { minLength: 1, maxLength: 3 }), (present) => {
        const message = messageOf(Object.fromEntries(present.map((name) => [name, complete[name]])));
        const [missing = ""] = message.split(" missing, while ");
        for (const name of names)
          expect(missing.split(/, | and | is| are/).includes(variables[name])).toBe(!present.includes(name));
        expect(message).not.toContain(complete.clientSecret);
      }),
    );
  });

  it("name what is missing beside a domain that is wrong", () => {
    expect(messageOf({ domain: "https://your-org.auth0.com/api/", clientSecret: "hush-hush" })).toBe(
      `domain: it goes on after the domain; "your-org.auth0.com" alone is wanted
AUTH0_AUDIENCE and AUTH0_RUNNER_CLIENT_ID are missing, while AUTH0_DOMAIN and AUTH0_RUNNER_CLIENT_SECRET are set; set all of them (in the environment or as options), or none to call the coordinator without credentials`,
    );
  });

  it.each([
    [{ ...complete, issuerUrl: "https://x.example" }, /AUTH0_DOMAIN and AUTH0_ISSUER_URL are both set/],
    [{ ...complete, clientSecretFile: "/x" }, /SECRET and AUTH0_RUNNER_CLIENT_SECRET_FILE are both set/],
    [{ ...complete, clientSecret: "" }, /AUTH0_RUNNER_CLIENT_SECRET is missing/],
    [{ ...complete, requestTimeoutSeconds: 0 }, /requestTimeoutSeconds/],
  ])("refuse %j", (given, message) => {
    expect(messageOf(given)).toMatch(message);
  });

  it("mark the secret as one", () => {
    const secret = Object.entries(options.shape).filter(([, member]) => (member as z.ZodType).meta()?.secret);
    expect(secret.map(([name]) => name)).toEqual(["clientSecret"]);
  });
});
