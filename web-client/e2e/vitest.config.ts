import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: [`**/*.${process.env["KIND"] ?? "test"}.ts`],
    // Each file has a browser and a daemon of its own.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
