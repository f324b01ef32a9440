/**
 * Whether an id can be one segment of a request's path once it is percent-encoded: `.` and `..` mean other paths however they
 * are written, and half a character has no encoding.
 */
export function isPathSegment(id: string): boolean {
  return id !== "" && id !== "." && id !== ".." && id.isWellFormed();
}
