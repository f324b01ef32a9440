/** What all promise; when one of them fails, what the others bring is let go of, and the first failure is the outcome. */
export async function allOrNone<T>(promises: readonly Promise<T>[], letGo: (value: T) => void): Promise<T[]> {
  const outcomes = await Promise.allSettled(promises);
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  const values = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  if (!failed) return values;
  for (const value of values) letGo(value);
  throw failed.reason;
}
