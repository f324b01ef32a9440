import type { Answers } from "./answers.ts";

/** A configuration file's text, and the packages that it imports. */
export interface Draft {
  readonly text: string;
  readonly packages: readonly string[];
}

/** Profiles that come as packages, with what they export. */
const PACKAGED: Readonly<Record<string, string>> = { echo: "echo", "test-procedural": "testProcedural" };

/** Names of packages are all that the core knows of the plugins here. */
export function draftConfig({ coordinatorUrl, profile, concurrency }: Answers): Draft {
  const packaged = Object.hasOwn(PACKAGED, profile) ? PACKAGED[profile] : undefined;
  const imports = [
    ["{ commandExecutor }", "@leasehold/command-executor"],
    ["{ coordinator }", "@leasehold/coordinator"],
    ["{ embeddedCoordinator }", "@leasehold/embedded-coordinator"],
    ...(packaged ? [[`{ ${packaged} }`, `@leasehold/profile-${profile}`]] : []),
    ["{ scriptExecutor }", "@leasehold/script-executor"],
    [packaged ? "{ defineConfig }" : "{ defineConfig, defineProfile }", "leasehold"],
  ];
  const text = `${imports.map(([names, from]) => `import ${names} from "${from}";`).join("\n")}
${packaged ? "" : ownProfile(profile)}
export default defineConfig({
  // Seconds that a run may take, unless its agent or profile says otherwise.
  timeoutSeconds: 300,

  plugins: [
    // Leases runs and reports what became of them. AGENT_ORCHESTRATOR_API_URL and LEASEHOLD_CONCURRENCY override this.
    coordinator({
      url: ${JSON.stringify(coordinatorUrl)},
      concurrency: ${concurrency},
      // Tags that runs may demand of this runner.
      tags: [],
    }),

    // Runs agents with a command, without a shell. Commands see no variables but a few harmless ones and those passed here.
    commandExecutor({ environment: { pass: [] } }),

    // Runs agents with a script, and keeps the scripts in step with the coordinator.
    scriptExecutor(),

    // What this runner offers. The first profile is active, unless PROFILE names another.
    ${packaged ? `${packaged}()` : "ownProfile"},

    // For development: leasehold dev, leasehold coordinator.
    embeddedCoordinator(),
  ],
});
`;
  return { text, packages: imports.map(([, from = ""]) => from) };
}

function ownProfile(name: string): string {
  return `
const ownProfile = defineProfile({
  name: ${JSON.stringify(name)},
  description: "What this runner offers",
  // Relative commands start here.
  directory: new URL(".", import.meta.url),
  executor: { type: "procedural" },
  agents: [
    {
      name: "hello",
      description: "Prints a greeting; parameters follow as --name value",
      command: "/bin/echo hello",
      parametersSchema: { type: "object", properties: { name: { type: "string" } }, additionalProperties: false },
    },
  ],
});
`;
}
