import type { Wheel } from "./wheel.ts";

/** `uv.lock` of a project that needs this wheel, version 1.2.3 of `oken-greeting`, from an index at this origin. */
export function uvLock({ filename, sha256 }: Wheel, origin: string): string {
  return `version = 1
requires-python = ">=3.9"

[[package]]
name = "demo"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "oken-greeting" }]

[package.metadata]
requires-dist = [{ name = "oken-greeting", specifier = ">=1" }]

[[package]]
name = "oken-greeting"
version = "1.2.3"
source = { registry = "${origin}/simple" }
wheels = [{ url = "${origin}/files/${filename}", hash = "sha256:${sha256}" }]
`;
}
