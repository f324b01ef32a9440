import { parentPort, workerData } from "node:worker_threads";
import { classify } from "./classify.ts";

parentPort?.postMessage(classify(String(workerData)));
