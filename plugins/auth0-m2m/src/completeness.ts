/** What is given of the options that belong together; any of it may have the wrong type yet. */
interface Given {
  readonly domain?: unknown;
  readonly issuerUrl?: unknown;
  readonly audience?: unknown;
  readonly clientId?: unknown;
  readonly clientSecret?: unknown;
  readonly clientSecretFile?: unknown;
}

/** The variables of what is missing: none when all is given, or nothing at all. */
export function missingFrom(given: unknown): string[] {
  const parts = partsOf(given as Given);
  const missing = parts.filter(({ isGiven }) => !isGiven);
  return missing.length === parts.length ? [] : missing.map(({ variable }) => variable);
}

/** What is missing beside what, and what to do; never a value. */
export function explainMissing(given: unknown): string {
  const present = partsOf(given as Given).flatMap(({ variable, isGiven }) => (isGiven ? [variable] : []));
  const all = "set all of them (in the environment or as options), or none to call the coordinator without credentials";
  return `${enumerate(missingFrom(given))} missing, while ${enumerate(present)} set; ${all}`;
}

function partsOf(given: Given): { variable: string; isGiven: boolean }[] {
  const part = (variable: string, value: unknown) => ({ variable, isGiven: value !== undefined && value !== "" });
  return [
    part("AUTH0_DOMAIN", given.domain ?? given.issuerUrl),
    part("AUTH0_AUDIENCE", given.audience),
    part("AUTH0_RUNNER_CLIENT_ID", given.clientId),
    part("AUTH0_RUNNER_CLIENT_SECRET", given.clientSecret ?? given.clientSecretFile),
  ];
}

/** `A is`, `A and B are`, `A, B and C are`. */
function enumerate(names: readonly string[]): string {
  const [last, ...others] = names.toReversed();
  return others.length === 0 ? `${last} is` : `${others.toReversed().join(", ")} and ${last} are`;
}
