import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: [process.env["PICTURES"] ? "**/*.shots.ts" : "**/*.test.ts"],
    // One browser and one daemon at a time: the tests share the machine with others.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
