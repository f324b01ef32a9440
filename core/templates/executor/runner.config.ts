import { defineConfig, defineProfile } from "leasehold";
import { samplePlugin } from "./src/index.ts";

/** Something to try the plugin with: `npx leasehold run hello --text you`. */
const trial = defineProfile({
  name: "trial",
  directory: new URL(".", import.meta.url),
  agents: [
    {
      name: "hello",
      description: "Greets",
      command: "sample-plugin",
      parametersSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
    },
  ],
});

export default defineConfig({ plugins: [samplePlugin(), trial] });
