import type { Check } from "leasehold";
import { ProcFiles } from "../launcher/proc-files.ts";
import { ProcessTags } from "../launcher/process-tags.ts";
import { findTaggingProgram } from "../launcher/tagging-program.ts";

/** Whether children can be tagged, so that those that leave their process group are still found and ended. */
export function taggingCheck(find: (tag: bigint) => Promise<string | undefined> = findTaggingProgram): Check {
  return {
    name: "process tags",
    async run() {
      const files = new ProcFiles();
      if (!files.present) return { ok: true, detail: "not on this system: runs are ended by their process groups" };
      const tag = new ProcessTags(files.fileLocks("self").at(-1)).take();
      const program = tag === undefined ? undefined : await find(tag);
      if (program !== undefined) return { ok: true, detail: program };
      return {
        ok: false,
        problem: "no working prlimit: descendants that leave their run's process group are found less surely",
        fix: "Install util-linux, and let this user set its own limits.",
      };
    },
  };
}
