import { z } from "leasehold";

const runner = z.object({
  runner_id: z.string(),
  hostname: z.string(),
  project_dir: z.string(),
  executor_profile: z.string(),
  executor: z.record(z.string(), z.unknown()).nullish(),
  status: z.string(),
});

export type ListedRunner = z.output<typeof runner>;

/** The runners of a `GET /runners` answer; nothing when it is no coordinator's (protocol §2.3). */
export function readRunners(body: string): readonly ListedRunner[] | undefined {
  try {
    return z.object({ runners: z.array(runner) }).parse(JSON.parse(body)).runners;
  } catch {
    return undefined;
  }
}
