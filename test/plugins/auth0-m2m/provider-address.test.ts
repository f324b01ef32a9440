import { describe, expect, it } from "vitest";
import { domainOf, issuerUrlOf } from "../../../plugins/auth0-m2m/src/provider-address.ts";

describe("a domain", () => {
  it.each([
    "your-org.auth0.com",
    " your-org.auth0.com\n",
    "https://your-org.auth0.com",
    "https://your-org.auth0.com/",
    "your-org.auth0.com/",
    "HTTPS://Your-Org.Auth0.com",
  ])("is read from %j", (text) => {
    expect(domainOf(text)).toBe("your-org.auth0.com");
  });

  it("keeps a port", () => {
    expect(domainOf("localhost:8443")).toBe("localhost:8443");
  });

  it.each([
    ["http://your-org.auth0.com", /not a domain; it is written as in/],
    ["ftp://your-org.auth0.com", /not a domain/],
    ["", /not a domain/],
    ["your org", /not a domain/],
    ["your-org.auth0.com/oauth/token", /"your-org.auth0.com" alone is wanted/],
    ["your-org.auth0.com?a=b", /alone is wanted/],
    ["your-org.auth0.com#", /alone is wanted/],
    ["ann:x@your-org.auth0.com", /no user name/],
  ])("is not read from %j", (text, problem) => {
    expect(() => domainOf(text)).toThrow(problem);
  });
});

describe("an issuer's URL", () => {
  it.each(["https://id.example.org/realms/a/", "http://localhost:8080", "http://127.0.0.1/x", "http://[::1]:1/"])(
    "may be %s",
    (url) => {
      expect(issuerUrlOf(` ${url}`)).toBe(url);
    },
  );

  it.each([
    ["id.example.org", /not an http or https URL/],
    ["file:///x", /not an http or https URL/],
    ["http://id.example.org", /in the clear; use https/],
    ["https://ann:x@id.example.org", /no user name/],
    ["https://id.example.org/?a", /neither a query/],
  ])("may not be %s", (url, problem) => {
    expect(() => issuerUrlOf(url)).toThrow(problem);
  });
});
