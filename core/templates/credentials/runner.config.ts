import { defineConfig } from "leasehold";
import { samplePlugin } from "./src/index.ts";

/** Something to try the plugin with: `npx leasehold plugins`. */
export default defineConfig({ plugins: [samplePlugin({ tokenFile: "token" })] });
