// Starts a command again and again: what spawning costs without any runner.
import { bareCommand } from "./bare-command.ts";
import { inTurn } from "./in-turn.ts";
import { serve } from "./serve.ts";

serve({ pass: (count: number, concurrency: number) => inTurn(count, concurrency, bareCommand) }, async () => undefined);
