const CONTROLS = /\p{Cc}/gu;

/** A text that a terminal shows as it is: control characters, which could move its cursor or forge lines, become `\u001b` and the like. */
export function visible(text: string): string {
  return text.replace(CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
