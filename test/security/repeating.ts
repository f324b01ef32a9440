import type { Recorded } from "../plugins/coordinator/scripted-coordinator.ts";
import { utter } from "./canaries.ts";

/** A coordinator's refusal that repeats our own headers, in every form. */
export function repeating(status: number) {
  return ({ headers }: Pick<Recorded, "headers">) => ({ status, json: { detail: repeat(headers) } });
}

export function repeat(headers: Recorded["headers"]): string {
  return `you sent ${JSON.stringify(headers)}, which is ${utter(String(headers.authorization))}`;
}
