/** A plugin's factory as the image's configuration imports it. */
export interface Factory {
  readonly packageName: string;
  /** The name of the export, or `default`. */
  readonly exportName: string;
}

/** Options of plugins in a container; here and not in `ENV`, so that a mounted configuration can change them. */
const OPTIONS: Readonly<Record<string, string>> = {
  // As the founding document has it.
  "@leasehold/coordinator": '{ url: "http://host.docker.internal:8765" }',
  // Loopback would be the container's own; agents and their registry outlive the container.
  "@leasehold/docker-oken": '{ host: "0.0.0.0", dataDir: "/workspace/.oken" }',
};

/** The image's `runner.config.ts`: the plugins in their order, and the defaults of a container. */
export function configText(factories: readonly Factory[]): string {
  const local = factories.map((factory) => ({ ...factory, name: localName(factory) }));
  const hasEcho = factories.some(({ packageName }) => packageName === "@leasehold/profile-echo");
  return `// Made when the image was built. Mount a file of your own here to replace it; LEASEHOLD_CONFIG names another.
${local.map(importLine).join("\n")}
import { defineConfig } from "leasehold";

export default defineConfig({
  projectDir: "/workspace",${hasEcho ? '\n  profile: "echo",' : ""}
  // \`docker stop\` kills after 10 s: all that ends a runner fits into less.
  drainTimeoutSeconds: 3,
  graceSeconds: 4,
  shutdownSeconds: 9,
  plugins: [
${local.map((factory) => `    ${factory.name}(${optionsOf(factory)}),`).join("\n")}
  ],
});
`;
}

function importLine({ packageName, exportName, name }: Factory & { readonly name: string }): string {
  if (exportName === "default") return `import ${name} from ${JSON.stringify(packageName)};`;
  return `import { ${exportName === name ? name : `${exportName} as ${name}`} } from ${JSON.stringify(packageName)};`;
}

function optionsOf({ packageName }: Factory): string {
  return OPTIONS[packageName] ?? "";
}

/** Of the package's whole name where the export's name could meet another's. */
function localName({ packageName, exportName }: Factory): string {
  if (packageName.startsWith("@leasehold/")) return exportName;
  return `plugin_${packageName.replace(/\W+/g, "_")}`;
}
