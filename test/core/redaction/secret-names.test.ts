import { looksSecret } from "leasehold";
import { expect, it } from "vitest";
import { secretsOfAddresses } from "../../../core/src/redaction/user-info.ts";

it.each([
  "OPENAI_API_KEY",
  "apiKey",
  "clientSecret",
  "db-password",
  "GITHUB_TOKEN",
  "x-access-token",
  "KEY",
  "PRIVATE_KEY_1",
  "MYSQL_PWD",
  "passphrase",
  "AWS_SECRET_ACCESS_KEY",
])("%s looks secret", (name) => expect(looksSecret(name)).toBe(true));

it.each([
  "PATH",
  "PWD",
  "OLDPWD",
  "KEYBOARD",
  "MONKEY",
  "SSH_AUTH_SOCK",
  "AUTH0_RUNNER_CLIENT_SECRET_FILE",
  "TOKEN_TTL",
  "AUTH_ENABLED",
  "tokenizer",
  "keepAliveSeconds",
  "compass",
])("%s does not look secret", (name) => expect(looksSecret(name)).toBe(false));

it("finds passwords in addresses, as written and as meant", () => {
  expect(secretsOfAddresses("postgres://me:p%40ssword@db/x, then http://token-alone@h and http://h/path")).toEqual([
    "p%40ssword",
    "p@ssword",
    "token-alone",
  ]);
});

it.each([
  ["http://me:pa/ss#wo?rd@host/", "pa/ss#wo?rd"],
  ["http://me:pass word@host", "pass word"],
  ["http://me:p@ssword@[host", "p@ssword"],
])("finds the password in %s, which is no address", (address, password) => {
  expect(secretsOfAddresses(address)).toEqual([password]);
});

it("takes no part of a path for a password", () => {
  expect(secretsOfAddresses("http://host:8080/path?mail=me@there")).toEqual([]);
});
