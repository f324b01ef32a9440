import type { CoreOptions } from "../config/core-options.ts";
import { LeaseholdError } from "../errors/leasehold-error.ts";
import { readProfilesDir } from "./profile-files.ts";
import type { ProfileRegistry } from "./profile-registry.ts";

/** Who added the profiles of files, where a plugin's name is asked for. */
const OWNER = "profilesDir";

/** Adds the profiles of `profilesDir` behind the plugins'. A broken file is a fault only when its profile is asked for. */
export async function addProfileFiles(
  { profilesDir, profile }: Pick<CoreOptions, "profilesDir" | "profile">,
  registry: ProfileRegistry,
): Promise<readonly LeaseholdError[]> {
  if (profilesDir === undefined) return [];
  try {
    const { profiles, broken } = await readProfilesDir(profilesDir);
    for (const found of profiles) registry.add(OWNER, found);
    return broken.filter(({ name }) => name === profile).map(({ fault }) => fault);
  } catch (thrown) {
    if (thrown instanceof LeaseholdError) return [thrown];
    throw thrown;
  }
}
