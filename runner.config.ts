import { echo } from "@leasehold/profile-echo";
import { testProcedural } from "@leasehold/profile-test-procedural";
import { defineConfig } from "leasehold";

export default defineConfig({
  plugins: [echo(), testProcedural()],
});
