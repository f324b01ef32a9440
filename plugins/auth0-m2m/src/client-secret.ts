import { readFile } from "node:fs/promises";
import type { ClientSecret } from "./token-request.ts";
import { TokenUnavailable } from "./token-unavailable.ts";

/** The secret itself; of a file without the line end that editors leave. Throws `TokenUnavailable`. */
export async function readClientSecret(secret: ClientSecret): Promise<string> {
  if (secret.kind === "value") return secret.value;
  const text = await readFile(secret.path, "utf8").catch((cause: Error) => {
    throw new TokenUnavailable(
      `the client secret's file ${secret.path} cannot be read (${cause.message})`,
      "Mend AUTH0_RUNNER_CLIENT_SECRET_FILE, or let this user read the file.",
      { cause },
    );
  });
  const value = text.replace(/(\r?\n)+$/, "");
  if (value === "")
    throw new TokenUnavailable(`the client secret's file ${secret.path} is empty`, "Write the client secret into it.");
  return value;
}
