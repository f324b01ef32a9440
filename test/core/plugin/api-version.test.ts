import { describe, expect, it } from "vitest";
import { apiVersionFault } from "../../../core/src/plugin/api-version.ts";
import { plugin } from "../../fixtures/runner.ts";

const served = { oldest: 3, newest: 5 };
const faultOf = (apiVersion: number) => apiVersionFault(plugin("other", undefined, { apiVersion }), served);

describe("a plugin's apiVersion", () => {
  it.each([3, 4, 5])("%d fits a core that serves 3 to 5", (version) => {
    expect(faultOf(version)).toBeUndefined();
  });

  it("tells that the core is behind", () => {
    expect(faultOf(6)).toMatchObject({
      code: "PLUGIN_API_NEWER",
      message: expect.stringMatching(/"other" needs plugin API 6, but leasehold .* has 5 at most: leasehold is behind/),
      fix: expect.stringContaining("Update leasehold"),
    });
  });

  it("tells that the plugin is behind", () => {
    expect(faultOf(2)).toMatchObject({
      code: "PLUGIN_API_OLDER",
      message: expect.stringMatching(
        /was written for plugin API 2, but leasehold .* serves 3 to 5: the plugin is behind/,
      ),
      fix: expect.stringContaining("Update the plugin"),
    });
  });

  it.each([
    [1.5, "1.5"],
    [Number.NaN, "NaN"],
    ["1" as never, '"1"'],
    [undefined as never, "undefined"],
  ])("must be a whole number: %s", (version, shown) => {
    expect(faultOf(version)).toMatchObject({
      code: "PLUGIN_API_INVALID",
      message: `plugin "other" says apiVersion ${shown}, which is no whole number`,
      fix: expect.stringContaining("writes apiVersion: 5 into definePlugin"),
    });
  });
});
