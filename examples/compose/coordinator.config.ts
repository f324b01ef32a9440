// The configuration of the service `coordinator` in development.yml. It authenticates nobody: whoever reaches its port can run agents.
import { embeddedCoordinator } from "@leasehold/embedded-coordinator";
import { defineConfig } from "leasehold";

export default defineConfig({
  plugins: [embeddedCoordinator({ host: "0.0.0.0", allowRemote: true })],
});
