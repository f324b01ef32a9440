/** Texts that could be addresses with a user name or password in them. */
const ADDRESS = /[a-z][a-z\d+.-]{0,30}:\/\/[^\s/?#"]*@[^\s"]*/gi;

/** The same where a password holds what it may not, `/` say: as far as its last `@`. */
const MISWRITTEN = /[a-z][a-z\d+.-]{0,30}:\/\/[^\s:/?#"@]*:[^"\r\n]*@/gi;

/** The secrets of the addresses in a text: passwords, or the user name where it stands alone, as written and as meant. */
export function secretsOfAddresses(text: string): string[] {
  const written = [...text.matchAll(ADDRESS)].flatMap(([address]) => {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    const secret = url && (url.password || url.username);
    return secret ? [...new Set([secret, decoded(secret)])] : [];
  });
  return written.length > 0 ? written : miswrittenIn(text);
}

/** A fault will quote an address that is none. */
function miswrittenIn(text: string): string[] {
  const addresses = [...text.matchAll(MISWRITTEN)].map(([address]) => address);
  return addresses
    .filter((address) => !URL.canParse(address))
    .map((address) => address.replace(/^[^:]*:[^:]*:/, "").slice(0, -1))
    .filter((secret) => secret !== "");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
