import { configuration } from "./catalogue/configuration.ts";
import { plugins } from "./catalogue/plugins.ts";
import { profiles } from "./catalogue/profiles.ts";
import { runner } from "./catalogue/runner.ts";
import { runs } from "./catalogue/runs.ts";
import { state } from "./catalogue/state.ts";

/** Every error of the core: its code, its sentence and what to do. `docs/errors.md` is generated from this table. */
export const catalogue = { ...configuration, ...plugins, ...profiles, ...runs, ...runner, ...state } as const;

export type ErrorCode = keyof typeof catalogue;
