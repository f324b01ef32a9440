import { pluginConformance, profileConformance } from "leasehold/testing";
import { samplePlugin } from "../src/index.ts";

pluginConformance({ create: samplePlugin });
profileConformance({ create: samplePlugin });
