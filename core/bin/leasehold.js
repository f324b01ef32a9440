#!/usr/bin/env node
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`leasehold needs Node 22.19 or later; this is Node ${process.versions.node}.\n`);
  process.exitCode = 1;
} else {
  const root = new URL("../../", import.meta.url);
  const isCheckout =
    existsSync(new URL("../src/index.ts", import.meta.url)) && existsSync(new URL("tsconfig.json", root));
  const built = !isCheckout || (await import("./build-checkout.js")).buildCheckout(fileURLToPath(root));
  if (built) {
    const { closeInheritedDescriptors } = await import(
      new URL("../dist/cli/inherited-descriptors.js", import.meta.url).href
    );
    closeInheritedDescriptors();
    const { keepCompiledCode } = await import(new URL("../dist/cli/compiled-code.js", import.meta.url).href);
    keepCompiledCode(process.env);
    const { beginLoading } = await import(new URL("../dist/cli/loading.js", import.meta.url).href);
    beginLoading();
    const { default: main } = await import(new URL("../dist/cli/main.js", import.meta.url).href);
    const { endProcess } = await import(new URL("../dist/cli/end-process.js", import.meta.url).href);
    endProcess(await main(process.argv.slice(2)));
  } else process.exitCode = 1;
}
