// What the daemon embeds: each file of the page beside its gzip form, and a first load within budget.

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constants, gzipSync } from "node:zlib";

import type { Plugin } from "vite";

/** Keeps the folder there when nothing is built: the daemon's build looks at it. */
const KEPT = ".gitignore";
/** Bytes of compressed script that a page loads before it works. */
const BUDGET = 70_000;
/** Not worth it, or compressed already. */
const AS_IT_IS = /\.(png|gz|gitignore)$/;

export function delivery(): Plugin {
  return {
    name: "delivery",
    apply: "build",
    configResolved({ build: { outDir } }) {
      if (!existsSync(outDir)) return;
      for (const name of readdirSync(outDir)) {
        if (name !== KEPT) rmSync(join(outDir, name), { recursive: true });
      }
    },
    writeBundle({ dir }) {
      if (dir === undefined) throw new Error("the build has no folder");
      const scripts = compressAll(dir).filter(({ name }) => name.endsWith(".js"));
      const bytes = scripts.reduce((sum, { size }) => sum + size, 0);
      this.info(`${bytes} of ${BUDGET} bytes of compressed script`);
      if (bytes > BUDGET)
        this.error(`the script takes ${bytes} bytes compressed; at most ${BUDGET}`);
    },
  };
}

function compressAll(dir: string): { name: string; size: number }[] {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files
    .filter(({ name }) => !AS_IT_IS.test(name))
    .map(({ name, parentPath }) => {
      const path = join(parentPath, name);
      const packed = gzipSync(readFileSync(path), { level: constants.Z_BEST_COMPRESSION });
      writeFileSync(`${path}.gz`, packed);
      return { name, size: packed.length };
    });
}
