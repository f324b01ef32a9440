import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { tokenCheck } from "../../../plugins/auth0-m2m/src/check.ts";
import { options } from "../../../plugins/auth0-m2m/src/options.ts";
import { type Authority, createAuthority, trust } from "../../fixtures/authority.ts";
import { AUDIENCE, CLIENT_ID, CLIENT_SECRET, IdentityProvider } from "../../fixtures/identity-provider.ts";
import { checkContext } from "../coordinator/checks/check-context.ts";

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority();
  trust(authority);
});

async function check(given: object) {
  const context = await checkContext({ url: "http://localhost:8765" });
  return tokenCheck.run({ ...context, pluginOptions: options.parse(given) });
}

describe("the check of the access token", () => {
  it("has nothing to do when nothing is configured", async () => {
    expect(await check({})).toMatchObject({ ok: true, detail: expect.stringContaining("not configured") });
  });

  it("obtains one, or says why not and what to do", async () => {
    const provider = await IdentityProvider.start(authority);
    onTestFinished(() => provider[Symbol.asyncDispose]());
    const given = {
      domain: provider.domain,
      audience: AUDIENCE,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
    };
    expect(await check(given)).toEqual({
      ok: true,
      detail: `the provider issued one for "${AUDIENCE}", valid for 3600 s`,
    });
    provider.revoke();
    expect(await check(given)).toEqual({
      ok: false,
      problem: expect.stringMatching(/^no access token from localhost:\d+ for audience .* invalid_client: /),
      fix: expect.stringMatching(/^Mend AUTH0_RUNNER_CLIENT_ID/),
    });
  });
});
