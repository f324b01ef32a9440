interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

type Method = (...args: never[]) => unknown;

/** Offers methods to whoever forked this process, until it hangs up; `close` is called then. */
export function serve(methods: Readonly<Record<string, Method>>, close: () => Promise<void>): void {
  process.on("message", async (message) => {
    const { id, method, args } = message as Call;
    try {
      const called = methods[method];
      if (!called) throw new Error(`there is no method ${method}`);
      process.send?.({ id, value: await called(...(args as never[])) });
    } catch (thrown) {
      process.send?.({ id, error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) });
    }
  });
  process.on("disconnect", async () => {
    await close();
    process.exit();
  });
}
