import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { expect, it, onTestFinished } from "vitest";
import { Leasehold } from "../../e2e/leasehold.ts";
import { createAuthority, trust } from "../../fixtures/authority.ts";
import { AUDIENCE, CLIENT_ID, CLIENT_SECRET, IdentityProvider } from "../../fixtures/identity-provider.ts";

const CONFIG = path.join(import.meta.dirname, "../../../runner.config.ts");

function leasehold(args: string[], env: Record<string, string>): Leasehold {
  const started = new Leasehold(args, { env: { LEASEHOLD_CONFIG: CONFIG, ...env } });
  onTestFinished(() => started.dispose());
  return started;
}

it("refuses to start with a domain and a secret alone", async () => {
  const env = { AUTH0_DOMAIN: "your-org.auth0.com", AUTH0_RUNNER_CLIENT_SECRET: "hush-hush-hush", PROFILE: "nobody" };
  const refused = leasehold(["start"], env);
  expect(await refused.exit()).toBe(1);
  expect(refused.stderr).toContain('plugin "auth0-m2m": AUTH0_AUDIENCE and AUTH0_RUNNER_CLIENT_ID are missing');
  expect(refused.stdout + refused.stderr).not.toContain("hush");
});

it("reports a domain that is wrong with all other faults", async () => {
  const env = {
    AUTH0_DOMAIN: "your-org.auth0.com/api",
    AUTH0_RUNNER_CLIENT_SECRET: "hush-hush-hush",
    AUTH0_RUNNER_CLIENT_SECRET_FILE: "/run/secrets/x",
    POLL_TIMEOUT: "soon",
  };
  const refused = leasehold(["start"], env);
  expect(await refused.exit()).toBe(1);
  for (const words of ['"your-org.auth0.com" alone', "AUTH0_AUDIENCE and AUTH0_RUNNER_CLIENT_ID", "POLL_TIMEOUT"])
    expect(refused.stderr).toContain(words);
  expect(refused.stdout + refused.stderr).not.toContain("hush");
});

it("trusts the provider by NODE_EXTRA_CA_CERTS and its secret to a file", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "leasehold-auth-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const [ca, secret] = [path.join(directory, "ca.pem"), path.join(directory, "secret")];
  const authority = await createAuthority();
  trust(authority);
  await writeFile(ca, authority.ca);
  await writeFile(secret, `${CLIENT_SECRET}\n`);
  await using provider = await IdentityProvider.start(authority);
  await using at = await startEmbeddedCoordinator({
    port: 0,
    pollTimeoutSeconds: 2,
    authEnabled: true,
    auth0Audience: AUDIENCE,
    authIssuer: provider.issuer,
    authJwksUrl: provider.jwksUrl,
  });
  const runner = leasehold(["start"], {
    AGENT_ORCHESTRATOR_API_URL: at.url,
    AUTH0_DOMAIN: `https://${provider.domain}/`,
    AUTH0_AUDIENCE: AUDIENCE,
    AUTH0_RUNNER_CLIENT_ID: CLIENT_ID,
    AUTH0_RUNNER_CLIENT_SECRET_FILE: secret,
    NODE_EXTRA_CA_CERTS: ca,
    PROJECT_DIR: directory,
    VERBOSE: "true",
  });
  await at.recorded(({ path, status }) => path === "/runner/register" && status === 200);
  runner.signal("SIGTERM");
  expect(await runner.exit()).toBe(0);
  expect(runner.stderr).toContain("deregistered");
  expect(runner.stdout + runner.stderr).not.toContain("do-not-tell");
  expect(at.record.filter(({ status }) => status >= 400)).toEqual([]);
});

it("shows where the secret comes from, but not the secret", async () => {
  const shown = leasehold(["config"], {
    AUTH0_DOMAIN: "your-org.auth0.com",
    AUTH0_AUDIENCE: AUDIENCE,
    AUTH0_RUNNER_CLIENT_ID: CLIENT_ID,
    AUTH0_RUNNER_CLIENT_SECRET: "hush-hush-hush",
  });
  expect(await shown.exit()).toBe(0);
  expect(shown.stdout).toMatch(/auth0-m2m\.clientSecret +\*{8} +env AUTH0_RUNNER_CLIENT_SECRET/);
  expect(shown.stdout).toMatch(/embedded-coordinator\.auth0Domain +"your-org.auth0.com" +env AUTH0_DOMAIN/);
  expect(shown.stdout + shown.stderr).not.toContain("hush");
});
