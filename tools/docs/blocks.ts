/** A fenced block of a page. */
export interface Block {
  /** e.g. `ts`, `bash`. */
  readonly language: string;
  /** What stands behind the language: `file=runner.config.ts`. */
  readonly note: string;
  readonly text: string;
  /** Of the first line of its text, counted from 1. */
  readonly line: number;
}

/** The fenced blocks of a Markdown page, in order. */
export function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(\w+)([^\n]*)\n(.*?)^```$/gms)].map((match) => {
    const [, language = "", note = "", text = ""] = match;
    return { language, note: note.trim(), text, line: page.slice(0, match.index).split("\n").length + 1 };
  });
}
