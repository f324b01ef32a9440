import { z } from "leasehold";

/** What a run asks of the runner that takes it (protocol §1.7). An absent or empty scalar asks nothing. */
export type Demands = {
  hostname?: string;
  project_dir?: string;
  executor_profile?: string;
  executor_type?: string;
  tags: string[];
};

/** Demands as an agent, a script or a request states them. */
export const demandsSchema = z.object({
  hostname: z.string().nullish(),
  project_dir: z.string().nullish(),
  executor_profile: z.string().nullish(),
  executor_type: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
});

/** One source of demands. */
export type DemandSource = z.infer<typeof demandsSchema>;

const SCALARS = ["hostname", "project_dir", "executor_profile", "executor_type"] as const;

/** Merges sources, the strongest first: of each scalar the first non-empty value counts, tags are united. */
export function mergeDemands(sources: readonly DemandSource[]): Demands {
  const merged: Demands = { tags: [...new Set(sources.flatMap((source) => source.tags ?? []))] };
  for (const scalar of SCALARS) {
    const value = sources.map((source) => source[scalar]).find(Boolean);
    if (value) merged[scalar] = value;
  }
  // The protocol shows the scalars first.
  const { tags, ...scalars } = merged;
  return { ...scalars, tags };
}
