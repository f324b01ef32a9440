// The path of somebody who writes a plugin: types what docs/authoring.md says, and compares what it says is answered.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Block, blocksOf } from "./docs/blocks.ts";
import { command } from "./packages/command.ts";

const root = path.resolve(import.meta.dirname, "..");
const MARK = "@@ box ";

const page = await readFile(path.join(root, "docs/authoring.md"), "utf8");
const blocks = blocksOf(page).filter(({ language, note }) => language === "bash" || language === "text" || note !== "");
const scratch = await mkdtemp(path.join(tmpdir(), "leasehold-newcomer-"));
const startedAt = performance.now();
try {
  const env = { TMPDIR: scratch, npm_config_prefer_offline: "true", npm_config_audit: "false", NO_COLOR: "1" };
  const told = await command("bash", ["-euo", "pipefail", "-c", scriptOf(blocks)], { cwd: root, env });
  compare(blocks, told);
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  process.stdout.write(`All ${blocks.length} boxes of docs/authoring.md do what it says, in ${seconds} s.\n`);
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/** One script of all boxes, for a box goes on where the one before has ended. */
function scriptOf(all: readonly Block[]): string {
  return all.map((block, index) => `echo "${MARK}${index}"\n${actOf(block)}`).join("\n");
}

function actOf({ language, note, text }: Block): string {
  if (language === "bash") return text;
  return note === "" ? "" : `cat > ${note.replace("file=", "")} <<'END_OF_BOX'\n${text}END_OF_BOX\n`;
}

/** A box of text is how the answer of the box before it ends. */
function compare(all: readonly Block[], told: string): void {
  const answers = told.split(/^@@ box \d+\n/m).slice(1);
  for (const [index, { language, text, line }] of all.entries()) {
    if (language !== "text" || answers[index - 1]?.trimEnd().endsWith(text.trimEnd())) continue;
    throw new Error(`docs/authoring.md:${line} says that this is answered:\n${text}but it is:\n${answers[index - 1]}`);
  }
}
