import { LeaseholdError } from "../errors/leasehold-error.ts";
import type { Profile } from "./profile.ts";

interface Added {
  readonly plugin: string;
  readonly profile: Profile;
}

/** The profiles of one runner. At most one is active: the one asked for, or the first. */
export class ProfileRegistry {
  readonly #wanted: string | undefined;
  readonly #added: Added[] = [];

  constructor(wanted: string | undefined) {
    this.#wanted = wanted;
  }

  add(plugin: string, profile: Profile): void {
    if (this.#added.some((added) => added.profile.name === profile.name))
      throw new LeaseholdError("PROFILE_DUPLICATE", { profile: profile.name });
    this.#added.push({ plugin, profile });
  }

  all(): readonly Profile[] {
    return this.#added.map(({ profile }) => profile);
  }

  addedBy(plugin: string): readonly string[] {
    return this.#added.filter((added) => added.plugin === plugin).map(({ profile }) => profile.name);
  }

  /** Throws `PROFILE_UNKNOWN` with the list when the one asked for is not there. */
  active(): Profile | undefined {
    if (this.#wanted === undefined) return this.#added[0]?.profile;
    const wanted = this.all().find(({ name }) => name === this.#wanted);
    if (wanted) return wanted;
    const profiles = this.all().map(({ name }) => name);
    throw new LeaseholdError("PROFILE_UNKNOWN", { profile: this.#wanted, profiles: profiles.join(", ") || "none" });
  }
}
