import { access, readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { JsonObject } from "../json/value.ts";
import { describeIssues, readAgentsDir } from "./agent-file.ts";
import { checkProfile } from "./check-profile.ts";
import { listJsonFiles } from "./json-files.ts";
import type { Profile } from "./profile.ts";

/** A profile file in the reference runner's form (protocol §6.1); unknown members are ignored. */
const profileFile = z.object({
  type: z.string().min(1),
  command: z.string().min(1),
  config: z.record(z.string(), z.unknown()).nullish(),
  agents_dir: z.string().min(1).nullish(),
  lifecycle: z.string().nullish(),
});

/** The profiles of a directory: good ones, and for each broken file its name and fault. */
export interface ProfileFiles {
  readonly profiles: readonly Profile[];
  readonly broken: readonly { readonly name: string; readonly fault: LeaseholdError }[];
}

/**
 * Reads every `<name>.json` of an absolute directory in the AOF runner's form. Paths inside are relative to the directory's
 * parent. A broken file is answered, not thrown; throws CONFIG_INVALID when the directory cannot be listed.
 */
export async function readProfilesDir(directory: string): Promise<ProfileFiles> {
  const files = await list(directory);
  const read = await Promise.all(files.map((file) => readProfile(directory, path.basename(file, ".json"))));
  return {
    profiles: read.flatMap((one) => ("executor" in one ? [one] : [])),
    broken: read.flatMap((one) => ("fault" in one ? [one] : [])),
  };
}

async function list(directory: string): Promise<string[]> {
  try {
    await access(directory);
    return await listJsonFiles(directory);
  } catch (error) {
    const where = `option "profilesDir" (${directory})`;
    throw new LeaseholdError("CONFIG_INVALID", { where, problem: messageOf(error) }, { cause: error });
  }
}

async function readProfile(
  directory: string,
  name: string,
): Promise<Profile | { readonly name: string; readonly fault: LeaseholdError }> {
  try {
    return await toProfile(name, path.join(directory, `${name}.json`));
  } catch (error) {
    return { name, fault: toFault(name, error) };
  }
}

async function toProfile(name: string, file: string): Promise<Profile> {
  const runnerDir = path.dirname(path.dirname(file));
  const parsed = profileFile.safeParse(JSON.parse(await readFile(file, "utf8")));
  if (!parsed.success) throw new Error(describeIssues(parsed.error));
  const { type, command, config, agents_dir, lifecycle } = parsed.data;
  const program = path.resolve(runnerDir, command);
  await access(program).catch(() => {
    throw new Error(`its command does not exist: ${program}`);
  });
  const agentsDir = agents_dir ? path.resolve(runnerDir, agents_dir) : undefined;
  const folder = agentsDir ? await readAgentsDir(agentsDir) : { agents: [], problems: [] };
  const executor = {
    type,
    command,
    config: (config ?? {}) as JsonObject,
    agents_dir: agents_dir ?? null,
    lifecycle: lifecycle ?? "one_shot",
  };
  const readFrom = agentsDir ? [file, agentsDir] : [file];
  return checkProfile(
    { name, directory: path.dirname(program), executor, agents: folder.agents, readFrom },
    folder.problems,
  );
}

function toFault(profile: string, error: unknown): LeaseholdError {
  if (error instanceof LeaseholdError) return error;
  return new LeaseholdError("PROFILE_INVALID", { profile, problem: messageOf(error) }, { cause: error });
}
