import { configError } from "../oken-error.ts";

/** No quotes, backslashes, `$` or control characters: the path ends up in a Dockerfile (OKEN-D23). */
const ALLOWED = /^[\p{L}\p{N}\p{M}_.@+=,()/ -]+$/u;
const LONGEST = 512;

/** The path inside the agent's folder, normalised. Throws a `CONFIG_ERROR`. */
export function parseEntrypoint(text: string): string {
  if (text === "") throw refuse("must not be empty");
  if (text.length > LONGEST) throw refuse(`has ${text.length} characters; ${LONGEST} are allowed`);
  if (!ALLOWED.test(text))
    throw refuse("holds a character that is not allowed (letters, digits, _ . @ + = , ( ) - and blanks are)");
  if (text.startsWith("/")) throw refuse("must be relative to the agent's folder");
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw refuse("must not leave the agent's folder");
  if (parts.length === 0) throw refuse("must name a file");
  if (parts.some((part) => part !== part.trim())) throw refuse("has a part that begins or ends with a blank");
  if (parts[0]?.startsWith("-")) throw refuse("must not begin with a hyphen");
  return parts.join("/");
}

function refuse(why: string): Error {
  return configError(`oken.toml: entrypoint ${why}`);
}
