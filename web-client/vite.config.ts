import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { delivery } from "./build/delivery.ts";

export default defineConfig({
  plugins: [svelte(), delivery()],
  build: {
    target: "es2022",
    emptyOutDir: false,
    modulePreload: { polyfill: false },
    // What is inlined would be a `data:` address, which the page's policy refuses.
    assetsInlineLimit: 0,
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
