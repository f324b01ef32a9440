/** How long something took, for events; `startedAt` is of the monotonic clock. */
export function since(startedAt: number): { readonly ms: number } {
  return { ms: performance.now() - startedAt };
}
