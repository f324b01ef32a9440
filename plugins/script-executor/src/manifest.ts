import { open } from "node:fs/promises";
import { join } from "node:path";
import { z } from "leasehold";
import { ScriptFault } from "./script-fault.ts";
import { isPlainName } from "./script-name.ts";

export const MANIFEST = "script.json";
const MOST_BYTES = 1024 * 1024;

const schema = z.object({
  name: z.string().min(1),
  description: z.string().min(1),
  script_file: z
    .string()
    .min(1)
    .refine(
      (file) => isPlainName(file) && file !== MANIFEST,
      `must be the plain name of a file beside ${MANIFEST}: no path, no backslash, no control characters`,
    ),
  parameters_schema: z.record(z.string(), z.unknown()).nullish(),
  demands: z.record(z.string(), z.unknown()).nullish(),
});

/** What a script says of itself (protocol §1.5). Its `name` need not be its folder's. */
export type Manifest = z.output<typeof schema>;

/** Reads and checks a folder's `script.json`; nothing when there is none. Rejects with a `ScriptFault`. */
export async function readManifest(directory: string): Promise<Manifest | undefined> {
  const text = await readText(join(directory, MANIFEST));
  return text === undefined ? undefined : parseManifest(text);
}

/** Throws a `ScriptFault` that says what is wrong, and where. */
function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ScriptFault("SCRIPT_INVALID", `${MANIFEST} is no JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "the whole"}: ${message}`);
  throw new ScriptFault("SCRIPT_INVALID", `${MANIFEST} is invalid: ${faults.join("; ")}`);
}

async function readText(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    if (size > MOST_BYTES) throw new ScriptFault("SCRIPT_INVALID", `${MANIFEST} is longer than ${MOST_BYTES} bytes`);
    return await file.readFile("utf8");
  } catch (thrown) {
    if (["ENOENT", "ENOTDIR"].includes((thrown as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw thrown;
  }
}
