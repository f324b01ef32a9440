/** A flag as `.meta({ flag })` writes it, taken apart: `-t, --tags <list>`, `--verbose`, `--no-colour`. */
export interface Flag {
  /** As written, for commander. */
  readonly text: string;
  /** `-t` */
  readonly short?: string;
  /** `--tags` */
  readonly long: string;
  readonly takesValue: boolean;
}

const FLAG = /^(?:(-[A-Za-z]), )?(--[a-z][a-z0-9-]*)( <[^<>]+>)?$/;

/** Nothing when the text is not of that form. */
export function parseFlag(text: string): Flag | undefined {
  const [, short, long, value] = FLAG.exec(text) ?? [];
  if (!long) return undefined;
  return { text, ...(short ? { short } : {}), long, takesValue: value !== undefined };
}
