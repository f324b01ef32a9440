import type { PluginReport } from "../runner-api.ts";
import { version } from "../version.ts";
import { type Call, withRunner } from "./call.ts";
import { EXIT_CODES } from "./exit-codes.ts";

/** `leasehold plugins`: the plugins in the order of their setups, each below the last of those it comes after. */
export async function showPlugins(call: Call, json: boolean): Promise<number> {
  await withRunner(call, async ({ plugins }) => {
    call.terminal.stdout.write(json ? `${JSON.stringify(plugins, null, 2)}\n` : asTree(plugins));
  });
  return EXIT_CODES.ENDED.code;
}

function asTree(plugins: readonly PluginReport[]): string {
  const children = Map.groupBy(plugins, (plugin) => parentOf(plugin, plugins));
  const branches = (parent: string | undefined, indent: string): string[] =>
    (children.get(parent) ?? []).flatMap((plugin, index, siblings) => {
      const last = index === siblings.length - 1;
      return [
        `${indent}${last ? "└─" : "├─"} ${describe(plugin)}`,
        ...branches(plugin.name, `${indent}${last ? "   " : "│  "}`),
      ];
    });
  return `${[`leasehold ${version}`, ...branches(undefined, "")].join("\n")}\n`;
}

function parentOf({ after }: PluginReport, plugins: readonly PluginReport[]): string | undefined {
  return plugins.findLast(({ name }) => after.includes(name))?.name;
}

function describe({ name, setupMs, ...plugin }: PluginReport): string {
  const facts = [
    `${setupMs.toFixed(1)} ms`,
    ...(["taps", "provides", "sources", "profiles"] as const)
      .filter((fact) => plugin[fact].length > 0)
      .map((fact) => `${fact} ${plugin[fact].join(", ")}`),
    ...(plugin.manifest ? [`declares ${declaration(plugin.manifest)}`] : []),
  ];
  return `${name}  ${facts.join("; ")}`;
}

/** Plugins say this of themselves, and nothing holds them to it. */
function declaration({ spawn, docker, network, secrets, fileRoots }: NonNullable<PluginReport["manifest"]>): string {
  const parts = [
    ...(spawn ? ["processes"] : []),
    ...(docker ? ["containers"] : []),
    ...(network.length > 0 ? [`network ${network.join(", ")}`] : []),
    ...(secrets.length > 0 ? [`secrets ${secrets.join(", ")}`] : []),
    ...(fileRoots.length > 0 ? [`files ${fileRoots.join(", ")}`] : []),
  ];
  return parts.length > 0 ? parts.join(" + ") : "nothing";
}
