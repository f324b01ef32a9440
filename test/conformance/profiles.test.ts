import { echo } from "@leasehold/profile-echo";
import { testProcedural } from "@leasehold/profile-test-procedural";
import { pluginConformance, profileConformance } from "leasehold/testing";

for (const create of [echo, testProcedural]) {
  pluginConformance({ create });
  profileConformance({ create });
}
