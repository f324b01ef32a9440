/** Does something `count` times, `concurrency` at once; answers the seconds it took. */
export async function inTurn(count: number, concurrency: number, act: () => Promise<unknown>): Promise<number> {
  let begun = 0;
  const from = performance.now();
  const lane = async () => {
    while (begun < count) {
      begun++;
      await act();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return (performance.now() - from) / 1_000;
}
