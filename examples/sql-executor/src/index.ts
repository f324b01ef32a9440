import path from "node:path";
import type {} from "@leasehold/command-executor";
import { decline, definePlugin, entrypoint, ProcessLauncher, type Run, z } from "leasehold";
import { executeQuery } from "./execute-query.ts";

declare module "leasehold" {
  interface EntrypointKinds {
    /** Absolute path of a file with one SQL statement. */
    sql: { readonly file: string };
  }
}

/** Executes agents whose command is an SQL file. */
export const sqlExecutor = definePlugin({
  name: "sql-executor",
  apiVersion: 1,
  // Its launcher owns, limits and ends what is started.
  dependsOn: ["command-executor"],
  manifest: { spawn: true, fileRoots: ["the option `database`", "the profile's directory"] },
  options: z.strictObject({
    database: z.string().min(1).default(":memory:").meta({ env: "SQL_DATABASE", description: "SQLite file to query" }),
  }),
  setup({ hooks, services, runner }, { database }) {
    const place = database === ":memory:" ? database : path.resolve(runner.projectDir, database);
    // First, for the command executor takes every command.
    const resolve = (run: Run) => {
      const { command } = run.agent;
      if (!command?.endsWith(".sql")) return decline("the agent's command is no .sql file");
      return entrypoint("sql", { file: path.resolve(run.profile?.directory ?? run.projectDir, command) });
    };
    hooks.resolveEntrypoint.tap(resolve, { order: "first" });
    hooks.execute.for("sql").tap((run, { file }) => executeQuery(run, file, place, services.get(ProcessLauncher)));
  },
});
