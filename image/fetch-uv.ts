// node image/fetch-uv.ts FILE: puts the program uv there, by the pinned version and its checksum.
import { execFileSync } from "node:child_process";
import process from "node:process";
import { fetchUv } from "../tools/engine/uv.ts";

const file = process.argv[2];
if (!file) throw new Error("usage: node image/fetch-uv.ts FILE");
await fetchUv(file, console.error);
// Also the proof that there is one: without uv an image of this variant would not keep its promise.
console.log(execFileSync(file, ["--version"], { encoding: "utf8" }).trim());
