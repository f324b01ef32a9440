import type { Check } from "leasehold";
import { obtainToken } from "./obtain-token.ts";
import { options, requestOf } from "./options.ts";
import { TokenUnavailable } from "./token-unavailable.ts";

/** For `leasehold doctor`: whether a token can be obtained. */
export const tokenCheck: Check = {
  name: "access token",
  async run({ pluginOptions, secrets, signal }) {
    const request = requestOf(options.parse(pluginOptions));
    if (!request) return { ok: true, detail: "not configured; the coordinator is called without credentials" };
    try {
      const { lifeSeconds } = await obtainToken(request, secrets, signal);
      return { ok: true, detail: `the provider issued one for "${request.audience}", valid for ${lifeSeconds} s` };
    } catch (thrown) {
      if (!(thrown instanceof TokenUnavailable)) throw thrown;
      const { problem, fix } = thrown;
      return { ok: false, problem, fix };
    }
  },
};
