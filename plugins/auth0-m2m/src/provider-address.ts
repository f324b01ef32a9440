/**
 * `your-org.auth0.com` from what people paste: blanks, `https://`, capitals and a slash at the end are taken off.
 * A port is kept. Throws on anything else that is no host name.
 */
export function domainOf(text: string): string {
  const url = parse(withScheme(text.trim()));
  if (url?.protocol !== "https:" || url.hostname === "")
    throw new Error("not a domain; it is written as in your-org.auth0.com");
  if (url.username !== "" || url.password !== "") throw new Error("a domain holds no user name and no password");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "" || /[?#]$/.test(text.trim()))
    throw new Error(`it goes on after the domain; "${url.host}" alone is wanted`);
  return url.host;
}

/**
 * An issuer's URL as providers write it. Secrets go there, so it is `https`; `http` is for loopback.
 * Throws with what is wrong.
 */
export function issuerUrlOf(text: string): string {
  const url = parse(text.trim());
  if (!url || !/^https?:$/.test(url.protocol)) throw new Error("not an http or https URL");
  if (url.username !== "" || url.password !== "") throw new Error("an issuer's URL holds no user name and no password");
  if (url.search !== "" || url.hash !== "") throw new Error("an issuer's URL has neither a query nor a fragment");
  if (!isSafe(url)) throw new Error("the client secret would be sent in the clear; use https");
  return text.trim();
}

/** Whether a secret may travel there: encrypted, or within this machine. */
export function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

function withScheme(text: string): string {
  return /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `https://${text}`;
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
