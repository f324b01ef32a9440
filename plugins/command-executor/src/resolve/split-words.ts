/** A piece of a word, or the blanks between words; the alternatives are tried in this order. */
const PIECE = /([ \t\r\n]+)|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^ \t\r\n'"\\]+)/sy;

/**
 * Splits a command by POSIX quoting rules, without comments and expansion (protocol §4.2). Throws an Error whose message
 * says what is unfinished.
 */
export function splitWords(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < command.length) {
    const at = PIECE.lastIndex;
    const match = PIECE.exec(command);
    if (!match) throw new Error(unfinished(command[at]));
    if (match[1] === undefined) word = (word ?? "") + pieceText(match);
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** Inside double quotes a backslash escapes only itself and the quote; elsewhere whatever follows it. */
function pieceText([, , single, double, escaped, plain]: RegExpExecArray): string {
  return single ?? double?.replace(/\\(["\\])/g, "$1") ?? escaped ?? plain ?? "";
}

function unfinished(opener: string | undefined): string {
  return opener === "\\" ? "it ends with a backslash" : `a ${opener === '"' ? "double" : "single"} quote is not closed`;
}
