import type { Response } from "undici";
/** The lines of a body as they come, without their ends. */
export async function* linesOf({ body }: Response): AsyncGenerator<string> {
  if (!body) return;
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}
