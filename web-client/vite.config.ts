import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { delivery } from "./build/delivery.ts";
import { mounted } from "./build/mounted.ts";

export default defineConfig({
  plugins: [svelte(), mounted(), delivery()],
  build: {
    target: "es2022",
    emptyOutDir: false,
    modulePreload: { polyfill: false },
    // What is inlined would be a `data:` address, which the page's policy refuses.
    assetsInlineLimit: 0,
    // It reads here and does not write: what prepares its writer has no effect on anything else.
    rolldownOptions: {
      treeshake: { moduleSideEffects: [{ test: /\/cborg\//, sideEffects: false }] },
    },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
