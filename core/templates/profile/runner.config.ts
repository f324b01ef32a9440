import { defineConfig } from "leasehold";
import { samplePlugin } from "./src/index.ts";

/** Something to try the profile with: `npx leasehold profiles`. Add the command executor to run its agents. */
export default defineConfig({ plugins: [samplePlugin()] });
