import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/**
 * Compiles the workspace once, when a package is not compiled yet: install scripts are off, so nobody else does it.
 * Of several first calls one compiles and the others wait. Answers whether the workspace is compiled.
 *
 * @param {string} root directory of the workspace
 */
export function buildCheckout(root) {
  const lock = path.join(root, "node_modules", ".leasehold-build");
  if (!existsSync(lock) && isBuilt(root)) return true;
  acquire(lock);
  try {
    return isBuilt(root) || build(root);
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** @param {string} root */
function isBuilt(root) {
  const { references } = JSON.parse(readFileSync(path.join(root, "tsconfig.json"), "utf8"));
  return references.every((/** @type {{ path: string }} */ reference) =>
    existsSync(path.join(root, reference.path, "dist", "index.js")),
  );
}

/** @param {string} root */
function build(root) {
  const tsc = findCompiler(root);
  if (!tsc) {
    process.stderr.write(
      "leasehold is not compiled and TypeScript is not installed: run npm ci, then npm run build.\n",
    );
    return false;
  }
  // A build info file may have outlived the output that it describes; --force does not believe it.
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, "-b", "--force"], {
    cwd: root,
    encoding: "utf8",
  });
  if (status === 0) return true;
  process.stderr.write(`leasehold could not be compiled:\n${stdout}${stderr}`);
  return false;
}

/** @param {string} root */
function findCompiler(root) {
  try {
    const manifest = createRequire(path.join(root, "package.json")).resolve("typescript/package.json");
    return path.join(path.dirname(manifest), "bin", "tsc");
  } catch {
    return undefined;
  }
}

/**
 * Takes the lock directory, waiting for whoever holds it and is alive.
 *
 * @param {string} lock
 */
function acquire(lock) {
  const holder = path.join(lock, "pid");
  mkdirSync(path.dirname(lock), { recursive: true });
  for (let tries = 0; ; tries++) {
    try {
      mkdirSync(lock);
      writeFileSync(holder, `${process.pid}`);
      return;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    }
    if (tries % 20 === 19 && !isHeld(holder)) rmSync(lock, { recursive: true, force: true });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
}

/** @param {string} holder */
function isHeld(holder) {
  try {
    const pid = Number(readFileSync(holder, "utf8"));
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}
