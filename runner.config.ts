import { auth0M2M } from "@leasehold/auth0-m2m";
import { commandExecutor } from "@leasehold/command-executor";
import { coordinator } from "@leasehold/coordinator";
import { embeddedCoordinator } from "@leasehold/embedded-coordinator";
import { echo } from "@leasehold/profile-echo";
import { testProcedural } from "@leasehold/profile-test-procedural";
import { scriptExecutor } from "@leasehold/script-executor";
import { defineConfig } from "leasehold";

export default defineConfig({
  plugins: [
    coordinator(),
    auth0M2M(),
    commandExecutor(),
    scriptExecutor(),
    echo(),
    testProcedural(),
    embeddedCoordinator(),
  ],
});
