// The repository's own configuration, and docker-oken.
import { dockerOken } from "@leasehold/docker-oken";
import { defineConfig } from "leasehold";
import usual from "../../runner.config.ts";

export default defineConfig({ plugins: [...usual.plugins, dockerOken()] });
