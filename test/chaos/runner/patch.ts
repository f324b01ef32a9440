/** A change of one source file, made while it is loaded: the product has no switches for what only tests need. */
export interface Patch {
  /** From the workspace's root. */
  readonly file: string;
  /** Text that stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** The patched text. Throws when the patch does not fit any more. */
export function patched(source: string, { file, find, replace }: Patch): string {
  const parts = source.split(find);
  if (parts.length !== 2)
    throw new Error(`${file} holds ${JSON.stringify(find)} ${parts.length - 1} times instead of once: mend the patch`);
  return parts.join(replace);
}
