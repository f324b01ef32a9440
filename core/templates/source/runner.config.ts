import { defineConfig } from "leasehold";
import { samplePlugin } from "./src/index.ts";

/** Something to try the plugin with: `npx leasehold plugins`. Add an executor to run what it leases. */
export default defineConfig({ plugins: [samplePlugin({ directory: ".leasehold/sample-plugin" })] });
