// The user's clipboard, which browsers may refuse.

import { note } from "./notes.svelte.ts";

export async function toClipboard(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    note("Copied.");
  } catch {
    note("The browser refused the clipboard: select the text and copy it by hand.");
  }
}
