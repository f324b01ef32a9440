/** Parts of names by which people call what is secret: `OPENAI_API_KEY`, `clientSecret`, `db-password`. */
const SECRET =
  /SECRET|TOKEN(?!IZ)|PASSW(?:OR)?D|PASSPHRASE|CREDENTIAL|(?:^|_|API|ACCESS|PRIVATE)KEY(?:S?$|_)|_(?:PWD|PASS|AUTH)$/;

/** Names of what leads to a secret, or describes one. */
const ABOUT =
  /_(?:FILE|PATH|DIR|DIRECTORY|URL|URI|ENDPOINT|ID|NAME|TYPE|TTL|TIMEOUT|SECONDS|MS|LENGTH|SIZE|COUNT|LIMIT|ENABLED|ALGORITHM|VERSION)$/;

/** Whether a variable or the member of an object holds a secret, going by its name. */
export function looksSecret(name: string): boolean {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z\d]+/g, "_")
    .toUpperCase();
  return SECRET.test(words) && !ABOUT.test(words);
}
