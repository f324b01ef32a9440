import { type Decline, decline, type Entrypoint, entrypoint, type Run } from "leasehold";
import { programPath } from "./program-path.ts";
import { splitWords } from "./split-words.ts";

type Resolvable = Pick<Run, "agent" | "profile"> & { readonly session: Pick<Run["session"], "mode"> };

/** The process that an agent's `command` names, or why there is none. A script wins over a command (protocol §4.1). */
export function resolveCommand({ agent, profile, session }: Resolvable): Entrypoint<"command"> | Decline {
  if (agent.script !== undefined) return decline("the agent has a script, which comes before its command");
  if (agent.command === undefined) return decline("the agent has no command");
  if (session.mode !== "start") {
    return decline(`Procedural agents only support 'start' mode, got '${session.mode}'`);
  }
  return resolveWords(agent.command, profile?.directory);
}

function resolveWords(command: string, directory: string | undefined): Entrypoint<"command"> | Decline {
  const words = wordsOf(command);
  if (typeof words === "string") return decline(`the command cannot be split into words, ${words}: ${command}`);
  const [program, ...args] = words;
  if (program === undefined) return decline("the agent's command is empty");
  if (directory === undefined && !program.startsWith("/")) {
    return decline(`the command is relative and the agent belongs to no profile: ${command}`);
  }
  return entrypoint("command", { file: programPath(directory ?? "/", program), args });
}

/** The words, or what is wrong. */
function wordsOf(command: string): string[] | string {
  try {
    return splitWords(command);
  } catch (error) {
    return (error as Error).message;
  }
}
