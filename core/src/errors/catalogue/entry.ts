/** An error as its reader meets it. */
export interface CatalogueEntry {
  /** What happened, in a sentence whose `{placeholders}` the thrower fills in. */
  readonly message: string;
  /** What the reader can do about it. */
  readonly fix: string;
}
