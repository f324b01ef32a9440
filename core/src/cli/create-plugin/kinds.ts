/** What a plugin can be made for, with the sentence that describes its package. */
export const PLUGIN_KINDS = {
  executor: "An executor for Leasehold",
  source: "A lease source for Leasehold",
  profile: "A profile for Leasehold",
  credentials: "Credentials for Leasehold",
} as const;

export type PluginKind = keyof typeof PLUGIN_KINDS;

export function isPluginKind(text: unknown): text is PluginKind {
  return typeof text === "string" && Object.hasOwn(PLUGIN_KINDS, text);
}
