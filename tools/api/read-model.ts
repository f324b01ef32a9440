import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Extractor, ExtractorConfig, type IConfigFile } from "@microsoft/api-extractor";

/** What the extractor's document model says of one exported thing, or of a member of one. */
export interface ApiItem {
  readonly kind: string;
  readonly name?: string;
  /** With its comment marks; empty when there is none. */
  readonly docComment?: string;
  readonly excerptTokens?: readonly { readonly text: string }[];
  readonly members?: readonly ApiItem[];
}

/** Everything that a built package exports from an entry point, and what that refers to. `types` is relative to the package. */
export function readModel(packageDirectory: string, types: string): readonly ApiItem[] {
  const scratch = mkdtempSync(join(tmpdir(), "leasehold-api-"));
  try {
    const file = join(scratch, "model.json");
    extract(packageDirectory, types, file);
    const model = JSON.parse(readFileSync(file, "utf8")) as ApiItem;
    return model.members?.[0]?.members ?? [];
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function extract(projectFolder: string, types: string, apiJsonFilePath: string): void {
  const entry = join(projectFolder, types);
  const compilerOptions = { target: "es2024", module: "nodenext", strict: true, skipLibCheck: true, types: ["node"] };
  const configObject: IConfigFile = {
    projectFolder,
    mainEntryPointFilePath: entry,
    compiler: { overrideTsconfig: { compilerOptions, files: [entry] } },
    docModel: { enabled: true, apiJsonFilePath, includeForgottenExports: true },
    messages: {
      compilerMessageReporting: { default: { logLevel: "error" as never } },
      extractorMessageReporting: { default: { logLevel: "none" as never } },
      tsdocMessageReporting: { default: { logLevel: "none" as never } },
    },
  };
  const packageJsonFullPath = join(projectFolder, "package.json");
  const config = ExtractorConfig.prepare({ configObject, configObjectFullPath: undefined, packageJsonFullPath });
  const problems: string[] = [];
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback(message) {
      if (message.logLevel === "error") problems.push(message.text);
      message.handled = true;
    },
  });
  if (!succeeded) throw new Error(`the types of ${projectFolder} cannot be read: ${problems.join("; ")}`);
}
