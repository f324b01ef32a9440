import { join } from "node:path";
import { isScriptName } from "../script-name.ts";

/**
 * Where scripts are kept. `scripts/<name>` is what people see and what runs execute: a link to
 * `scripts/.leasehold/versions/<id>/<name>`, or a folder that somebody else has put there.
 */
export class Layout {
  /** `<project directory>/scripts`. */
  readonly root: string;

  constructor(projectDir: string) {
    this.root = join(projectDir, "scripts");
  }

  /** What people see. */
  place(name: string): string {
    return join(this.root, name);
  }

  /** All versions that are complete. */
  get versions(): string {
    return join(this.root, OWN, "versions");
  }

  /** What is being fetched and unpacked. */
  get incoming(): string {
    return join(this.root, OWN, "incoming");
  }

  /** Folders of others that a script from the coordinator has taken the place of. */
  get setAside(): string {
    return join(this.root, OWN, "set-aside");
  }
}

const OWN = ".leasehold";

/** A version's link as it is written: relative, so that the project directory can be moved. */
export function linkTarget(id: string, name: string): string {
  return `${OWN}/versions/${id}/${name}`;
}

/** The version that a link of ours at `scripts/<name>` leads to; nothing for any other link. */
export function versionInLink(target: string, name: string): string | undefined {
  const [own, versions, id, folder, ...more] = target.split("/");
  const ours = own === OWN && versions === "versions" && folder === name && more.length === 0;
  return ours && id !== undefined && isScriptName(id) ? id : undefined;
}
