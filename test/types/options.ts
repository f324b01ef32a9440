// What configurations must not be able to write about options. Checked by the compiler alone.
import { definePlugin, z } from "leasehold";

const optional = definePlugin({
  name: "optional",
  apiVersion: 1,
  options: z.strictObject({ port: z.int().default(80).meta({ env: "PORT", flag: "--port <port>" }) }),
  setup(_context, options) {
    const port: number = options.port;
    // @ts-expect-error an option that the schema does not know
    return () => void [port, options.prot];
  },
});

const required = definePlugin({
  name: "required",
  apiVersion: 1,
  options: z.strictObject({ url: z.string(), retries: z.int().default(3) }),
});

const none = definePlugin({ name: "none", apiVersion: 1 });

export const plugins = [
  none(),
  optional(),
  optional({ port: 1 }),
  required({ url: "http://x" }),
  // @ts-expect-error an unknown option
  optional({ prot: 1 }),
  // @ts-expect-error an option of another type
  optional({ port: "80" }),
  // @ts-expect-error a required option is missing
  required(),
  // @ts-expect-error also among others
  required({ retries: 1 }),
  // @ts-expect-error a plugin without options takes none
  none({ url: "x" }),
  // @ts-expect-error and no text instead of them
  none("x"),
];

// @ts-expect-error a plugin has a name
definePlugin({ apiVersion: 1 });
// @ts-expect-error and says which contract it was written for
definePlugin({ name: "x" });
// @ts-expect-error a misspelt member
definePlugin({ name: "x", apiVersion: 1, dependson: ["y"] });
// @ts-expect-error options are a zod object
definePlugin({ name: "x", apiVersion: 1, options: z.string() });
// @ts-expect-error a teardown is a function
definePlugin({ name: "x", apiVersion: 1, setup: () => 5 });
// @ts-expect-error a manifest says what is known
definePlugin({ name: "x", apiVersion: 1, manifest: { files: ["/"] } });
// @ts-expect-error in lists
definePlugin({ name: "x", apiVersion: 1, manifest: { network: "example.com" } });
// @ts-expect-error flags are texts
z.int().meta({ flag: 5 });
