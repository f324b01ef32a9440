import { nameOption, type OptionField } from "../config/option-field.ts";
import { looksSecret } from "./secret-names.ts";
import type { SecretStore } from "./secret-store.ts";
import { secretsOfAddresses } from "./user-info.ts";

/**
 * Registers what is secret in an option's value: all of it where the option says so, else passwords in addresses, and what
 * its name or the name of a member gives away.
 */
export function registerOption(secrets: SecretStore, field: OptionField, value: unknown): void {
  const name = nameOption(field.owner, field.name);
  for (const { key, text } of textsIn(value, field.name)) {
    if (field.secret) secrets.runner.register(text, name);
    else if (looksSecret(key)) secrets.suspect(text);
    for (const secret of secretsOfAddresses(text)) secrets.runner.register(secret, `the password in ${name}`);
  }
}

/** Registers what is secret in the runner's own environment, going by the names of variables, and the passwords of proxies. */
export function registerEnvironment(secrets: SecretStore, env: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value = ""] of Object.entries(env)) {
    if (looksSecret(name)) secrets.suspect(value);
    const isProxy = /_proxy$/i.test(name);
    for (const secret of secretsOfAddresses(value))
      if (isProxy) secrets.runner.register(secret, `the password in ${name}`);
      else secrets.suspect(secret);
  }
}

/** Every text in a value, with the name of the member that it stands in. Around a circle it goes once. */
function* textsIn(value: unknown, key: string, around = new Set<unknown>()): Generator<{ key: string; text: string }> {
  if (typeof value === "string") yield { key, text: value };
  else if (typeof value === "number" || typeof value === "bigint") yield { key, text: String(value) };
  else if (typeof value === "object" && value !== null && !around.has(value)) {
    around.add(value);
    for (const [name, member] of Object.entries(value))
      yield* textsIn(member, Array.isArray(value) ? key : name, around);
    around.delete(value);
  }
}
