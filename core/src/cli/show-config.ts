import { type Setting, showValue, withoutSecrets, withoutUserInfo } from "../config/setting.ts";
import { type Call, resolve } from "./call.ts";
import { EXIT_CODES } from "./exit-codes.ts";

/** `leasehold config`: every value with its origin, secrets masked. */
export async function showConfig(call: Call, json: boolean): Promise<number> {
  const { settings } = await resolve(call);
  call.terminal.stdout.write(json ? asJson(call.config.file, settings) : asText(call.config.file, settings));
  return EXIT_CODES.ENDED.code;
}

function asText(file: string, settings: readonly Setting[]): string {
  const rows = settings.map((setting) => [nameOf(setting), showValue(setting.field, setting.value), setting.origin]);
  const widths = [0, 1].map((column) => Math.min(48, Math.max(...rows.map((row) => row[column]?.length ?? 0))));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  return `# ${file}\n${lines.join("\n")}\n`;
}

function asJson(file: string, settings: readonly Setting[]): string {
  const values = settings.map(({ field, value, origin }) => ({
    owner: ownerName(field.owner),
    option: field.name,
    value: withoutSecrets(field, value) ?? null,
    origin,
    ...(field.unit === undefined ? {} : { unit: field.unit }),
  }));
  return `${withoutUserInfo(JSON.stringify({ file, values }, null, 2))}\n`;
}

function nameOf({ field }: Setting): string {
  return `${ownerName(field.owner)}.${field.name}`;
}

/** `plugin "coordinator"` is `coordinator` here, and the core is `core`. */
function ownerName(owner: string): string {
  return /"(.+)"/.exec(owner)?.[1] ?? "core";
}
