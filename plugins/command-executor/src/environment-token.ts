import { type Token, token } from "leasehold";
import type { ChildEnvironment } from "./environment.ts";

/** The environments of children, for other executors: `token<ChildEnvironment>("command-executor/child-environment")` is the same. */
export const ChildEnvironmentToken: Token<ChildEnvironment> = token("command-executor/child-environment");
