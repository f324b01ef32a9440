import { isPlainName, shownName } from "../script-name.ts";
import { refusal } from "./limits.ts";

/**
 * The components of an entry's name below `<script>/`; none for the script's folder itself. Throws a `ScriptFault` for every
 * name that is anything but a plain path there; nothing is normalised, for what needs it was not made by a coordinator.
 */
export function entryPath(name: string, script: string, pathBytes: number): string[] {
  const shown = `entry ${shownName(name)}`;
  if (Buffer.byteLength(name) > pathBytes + Buffer.byteLength(script) + 1)
    throw refusal(`${shown} has a path longer than ${pathBytes} bytes`);
  if (name.startsWith("/")) throw refusal(`${shown} has an absolute name`);
  const components = name.replace(/\/$/, "").split("/");
  if (components.includes("..")) throw refusal(`${shown} climbs with '..'`);
  const odd = components.find((component) => !isPlainName(component));
  if (odd !== undefined) throw refusal(`${shown} has a part that is no plain file name: ${shownName(odd)}`);
  const [folder, ...path] = components;
  if (folder !== script) throw refusal(`${shown} is outside the script's folder ${shownName(`${script}/`)}`);
  return path;
}
