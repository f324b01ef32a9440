/** What a command line has around it. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** This process's own. A reader that goes away (`| head`) is no error of ours. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr])
    if (!stream.listeners("error").includes(ignoreBrokenPipe)) stream.on("error", ignoreBrokenPipe);
  return { env: process.env, cwd: process.cwd(), stdout: process.stdout, stderr: process.stderr };
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
