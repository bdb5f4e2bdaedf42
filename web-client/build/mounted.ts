// The page is always made anew in the browser, never from what a server rendered: Svelte's code for
// the latter goes.

import type { Plugin } from "vite";

const MODULE = /\/svelte\/src\/internal\/client\/dom\/hydration\.js$/;
const FLAG = "export let hydrating = false;";
const SET = "hydrating = value;";

export function mounted(): Plugin {
  return {
    name: "mounted",
    apply: "build",
    transform: {
      filter: { id: MODULE },
      handler(code) {
        if (!(code.includes(FLAG) && code.includes(SET)))
          this.error("Svelte says otherwise by now whether it hydrates");
        return code.replace(FLAG, "export const hydrating = false;").replace(SET, "");
      },
    },
  };
}
