import { stripVTControlCharacters } from "node:util";

/** Control characters, C1 ones too; line breaks and tabs are handled by who prints. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * Text from elsewhere that cannot command the terminal it is shown on, for commands of plugins: colours, titles and the
 * like are gone, other control characters are replacement characters; line feeds and tabs stay.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text.replaceAll("\r\n", "\n")).replace(CONTROLS, "\uFFFD");
}

/** The same on one line, without blanks around it. */
export function printableLine(text: string): string {
  return printable(text).replace(/\s+/g, " ").trim();
}
