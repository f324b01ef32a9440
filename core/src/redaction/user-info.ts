/** Texts that could be addresses with a user name or password in them. */
const ADDRESS = /[a-z][a-z\d+.-]{0,30}:\/\/[^\s/?#"]*@[^\s"]*/gi;

/** The secrets of the addresses in a text: passwords, or the user name where it stands alone, as written and as meant. */
export function secretsOfAddresses(text: string): string[] {
  return [...text.matchAll(ADDRESS)].flatMap(([address]) => {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    const secret = url && (url.password || url.username);
    return secret ? [...new Set([secret, decoded(secret)])] : [];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
